import {
  Box,
  Button,
  Divider,
  Group,
  Menu,
  NativeSelect,
  NavLink,
  type NavLinkProps,
  Text,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createLink, Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import type { Ref } from "react";
import { SignedInAs } from "../access/signed-in-as.tsx";
import { agentsQuery, approvalsQuery, queueQuery, statusQuery } from "../api/documents.ts";
import { useChanges } from "../api/watch-changes.ts";
import { getListPath, isList, useChosenAgent, useReviewAgent } from "../chosen-agent.ts";
import { formatCount } from "../format/numbers.ts";
import { LinkButton } from "../parts/link-button.tsx";
import { usePermission } from "../parts/rights.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { ActingAs } from "./acting-as-picker.tsx";
import { Banners } from "./banners.tsx";
import classes from "./frame.module.css";
import { useKeptFocus } from "./keep-focus.ts";
import { KeysHelp } from "./keys-help.tsx";
import { type Place, places } from "./navigation.ts";
import { useNeeds } from "./use-needs.ts";

/** Frame of every page: agent, what needs the person, running rollout, places, session. */
export function Frame() {
  const connection = useChanges();
  const { session } = usePermission();
  const needs = useNeeds();
  useKeptFocus();
  return (
    <div className={classes["frame"]}>
      <a className={classes["skip"]} href="#main">
        Skip to content
      </a>
      <Group
        component="header"
        className={classes["top"]}
        gap="8px 16px"
        px={{ base: "sm", sm: "md" }}
        py="xs"
      >
        <PlacesMenu />
        <Link to="/" style={{ fontWeight: 700, fontSize: "1rem", textDecoration: "none" }}>
          Relearn
        </Link>
        <AgentPicker />
        <LinkButton to="/" size="compact-sm">
          Needs me {formatCount(needs.length)}
        </LinkButton>
        <RolloutChip />
        <Group ml="auto">
          <Live live={connection.live} />
          <KeysHelp />
          {session?.open && <ActingAs name={session.actor.name} />}
          {session !== undefined && !session.open && <SignedInAs session={session} />}
        </Group>
      </Group>
      <Banners connection={connection} />
      <Box component="nav" className={classes["rail"]} aria-label="Places" visibleFrom="sm">
        <ul>
          {places.map((place) => (
            <li key={place.to}>
              {place.apart && <Divider my="xs" />}
              <PlaceLink place={place} />
            </li>
          ))}
        </ul>
      </Box>
      <Box
        component="main"
        id="main"
        tabIndex={-1}
        miw={0}
        p={{ base: "sm", sm: "lg" }}
        pb={48}
        style={{ gridArea: "main" }}
      >
        <Outlet />
      </Box>
    </div>
  );
}

/** Connection state; a narrow window shows it only if the connection is lost. */
function Live({ live }: { live: boolean }) {
  return (
    <Text span c="dimmed" {...(live ? { visibleFrom: "sm" } : {})}>
      {live ? "Live" : "Not connected"}
    </Text>
  );
}

/** Link to the running rollout, or to the list if several run. */
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
      <LinkButton to="/rollouts" size="compact-sm">
        {formatCount(running.length)} rollouts
      </LinkButton>
    );
  }
  const { rollout_id, state, percent, recommendation } = first.rollout;
  const { token, words } = rolloutStates[state as keyof typeof rolloutStates];
  return (
    <Link to="/rollouts/$id" params={{ id: rollout_id }}>
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

/** Entry of the rail, as a link of the router. */
const PlaceNavLink = createLink((props: NavLinkProps & { readonly ref?: Ref<HTMLAnchorElement> }) => (
  <NavLink component="a" {...props} />
));

function PlaceLink({ place }: { place: Place }) {
  const agent = useChosenAgent();
  const count = useCounts()[place.to] ?? 0;
  const section = useRouterState({ select: ({ location }) => location.pathname.split("/")[1] ?? "" });
  const isCurrent = section === (place.to.split("/")[1] ?? "");
  return (
    <PlaceNavLink
      to={place.to}
      search={isList(place.to) && agent !== undefined ? { agent } : {}}
      aria-current={isCurrent ? "page" : undefined}
      label={place.name}
      fw={isCurrent ? 600 : 400}
      rightSection={count > 0 ? formatCount(count) : undefined}
    />
  );
}

/** Menu that replaces the rail in narrow windows. */
function PlacesMenu() {
  const navigate = useNavigate();
  const agent = useChosenAgent();
  return (
    <Box hiddenFrom="sm">
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
    </Box>
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
    <Group wrap="nowrap">
      <Text component="label" htmlFor="agent" c="dimmed" visibleFrom="sm">
        Agent
      </Text>
      <NativeSelect
        id="agent"
        aria-label="Agent"
        size="xs"
        maw="26ch"
        value={(inReview ? reviewed : chosen) ?? ""}
        onChange={(event) => {
          const agent = event.currentTarget.value || undefined;
          void navigate({
            to: getListPath(pathname),
            search: (before: object) => ({ ...before, agent }),
          } as never);
        }}
        data={[...(inReview ? [] : [{ value: "", label: "All agents" }]), ...names]}
      />
    </Group>
  );
}
