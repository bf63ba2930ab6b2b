import { Button, Menu, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { SignedInAs } from "../access/signed-in-as.tsx";
import { agentsQuery, approvalsQuery, queueQuery, statusQuery } from "../api/documents.ts";
import { useChanges } from "../api/watch-changes.ts";
import { isList, listOf, useChosenAgent, useReviewAgent } from "../chosen-agent.ts";
import { formatCount } from "../format/numbers.ts";
import { usePermission } from "../parts/rights.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { ActingAs } from "./acting-as-picker.tsx";
import { Banners } from "./banners.tsx";
import { useKeptFocus } from "./keep-focus.ts";
import { KeysHelp } from "./keys-help.tsx";
import { type Place, places } from "./navigation.ts";
import { useNeeds } from "./use-needs.ts";

/** What stands around every page: where one is, which agent, what needs me, how things stand. */
export function Frame() {
  const connection = useChanges();
  const { session } = usePermission();
  const needs = useNeeds();
  useKeptFocus();
  return (
    <div className="frame">
      <a className="skip" href="#main">
        To the page
      </a>
      <header className="frame-top">
        <PlacesMenu />
        <Link to="/" className="frame-name">
          Relearn
        </Link>
        <AgentPicker />
        <Link to="/" className="chip">
          Needs me {formatCount(needs.length)}
        </Link>
        <RolloutChip />
        <div className="frame-session">
          <span className="frame-live" data-live={connection.live}>
            {connection.live ? "Live" : "Not connected"}
          </span>
          <KeysHelp />
          {session?.open && <ActingAs name={session.actor.name} />}
          {session !== undefined && !session.open && <SignedInAs session={session} />}
        </div>
      </header>
      <Banners connection={connection} />
      <nav className="frame-rail" aria-label="Places">
        <ul>
          {places.map((place) => (
            <li key={place.to} className={place.apart ? "apart" : undefined}>
              <PlaceLink place={place} />
            </li>
          ))}
        </ul>
      </nav>
      <main className="frame-main" id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

/** The rollout that runs, one press away from everywhere. */
function RolloutChip() {
  const agent = useChosenAgent();
  const { data } = useQuery(statusQuery);
  const running = (data?.agents ?? []).filter(
    (one) => one.rollout !== null && (agent === undefined || one.agent === agent),
  );
  const [first] = running;
  if (first?.rollout == null) return null;
  if (running.length > 1) {
    return (
      <Link to="/rollouts" className="chip">
        {formatCount(running.length)} rollouts
      </Link>
    );
  }
  const { rollout_id, state, percent, recommendation } = first.rollout;
  const { token, words } = rolloutStates[state as keyof typeof rolloutStates];
  return (
    <Link to="/rollouts/$id" params={{ id: rollout_id }} className="chip">
      <StateMark token={token}>
        {words} {percent} %{recommendation !== null && `: ${recommendation}`}
      </StateMark>
    </Link>
  );
}

function useCounts(): Readonly<Record<string, number>> {
  const agent = useChosenAgent();
  const pending = useQuery(approvalsQuery({ agent, status: "pending" }));
  const queue = useQuery(queueQuery(agent));
  return { "/approvals": pending.data?.length ?? 0, "/review": queue.data?.waiting ?? 0 };
}

function PlaceLink({ place }: { place: Place }) {
  const agent = useChosenAgent();
  const count = useCounts()[place.to] ?? 0;
  const section = useRouterState({ select: ({ location }) => location.pathname.split("/")[1] ?? "" });
  return (
    <Link
      to={place.to}
      search={isList(place.to) && agent !== undefined ? { agent } : {}}
      aria-current={section === (place.to.split("/")[1] ?? "") ? "page" : undefined}
    >
      <span>{place.name}</span>
      {count > 0 && <span>{formatCount(count)}</span>}
    </Link>
  );
}

/** The rail of narrow windows. */
function PlacesMenu() {
  const navigate = useNavigate();
  const agent = useChosenAgent();
  return (
    <div className="frame-menu">
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="compact-sm">Menu</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {places.map((place) => (
            <Menu.Item
              key={place.to}
              onClick={() =>
                void navigate({
                  to: place.to,
                  search: isList(place.to) && agent !== undefined ? { agent } : {},
                })
              }
            >
              {place.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function AgentPicker() {
  const navigate = useNavigate();
  const { data: agents } = useQuery(agentsQuery);
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const inReview = pathname.startsWith("/review");
  const chosen = useChosenAgent();
  const reviewed = useReviewAgent();
  const names = agents?.map((agent) => agent.definition.name) ?? [];
  return (
    <div className="frame-agent">
      <label htmlFor="agent">Agent</label>
      <NativeSelect
        id="agent"
        size="xs"
        value={(inReview ? reviewed : chosen) ?? ""}
        onChange={(event) => {
          const agent = event.currentTarget.value || undefined;
          void navigate({
            to: listOf(pathname),
            search: (before: object) => ({ ...before, agent }),
          } as never);
        }}
        data={[...(inReview ? [] : [{ value: "", label: "All agents" }]), ...names]}
      />
    </div>
  );
}
