import type { ReviewItemDocument } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { Page } from "../parts/page.tsx";
import { Loading, Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { FocusView } from "../review/focus-view.tsx";

const route = getRouteApi("/review/$item");

/** One item by its link, labeled like any other. */
export function ReviewItemPage() {
  const { item } = route.useParams();
  const { session } = usePermission();
  const found = useQuery({
    queryKey: ["review-item", item],
    queryFn: ({ signal }) =>
      callApi<ReviewItemDocument>("GET", `/v1/review/items/${encodeURIComponent(item)}`, { signal }),
    refetchInterval: false,
  });
  return (
    <Page title={`Review item ${item}`}>
      <Region name="Item" query={found}>
        {(document) =>
          session === undefined ? (
            <Loading name="Item" />
          ) : (
            <FocusView
              key={`${item} ${session.actor.name}`}
              agent={document.agent}
              person={session.actor.name}
              first={document.item_id}
            />
          )
        }
      </Region>
    </Page>
  );
}
