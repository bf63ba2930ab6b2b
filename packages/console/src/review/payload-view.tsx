import { Button, Stack, Text, Title } from "@mantine/core";
import type { FeatureDeclaration } from "@relearn/client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { featureDistributionQuery } from "../api/documents.ts";
import { formatCount } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { mailBlocks, markInvisible } from "./mail-text.ts";
import { type FeatureRow, type MailPart, payloadParts, placeText } from "./payload-parts.ts";
import classes from "./review.module.css";

interface PayloadViewProps {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly features: readonly FeatureDeclaration[];
  /** Agent whose payloads the values are compared with. */
  readonly agent: string;
}

/** Payload for a reviewer: mail as plain text, features as a table, the rest as a tree. */
export function PayloadView({ payload, features, agent }: PayloadViewProps) {
  const { data: distribution } = useQuery(featureDistributionQuery(agent));
  const parts = payloadParts(payload, features);
  const compares = distribution !== undefined && distribution.payloads > 0;
  return (
    <Stack gap="lg" miw={0} fz="lg" style={{ overflowWrap: "anywhere" }}>
      {parts.mail !== null && <Mail mail={parts.mail} />}
      {parts.features.length > 0 && (
        <DataTable
          caption="Features"
          rows={parts.features}
          rowKey={(feature) => feature.name}
          columns={[
            { name: "Feature", cell: (feature) => <span className="mono">{feature.name}</span> },
            {
              name: "Value",
              kind: "wrap",
              cell: (feature) =>
                feature.entries.length === 0 ? feature.text : <Entries feature={feature} />,
            },
            ...(compares
              ? [
                  {
                    name: `Among ${formatCount(distribution.payloads)} payloads of 7 days`,
                    cell: (feature: FeatureRow) => (
                      <Text span c="dimmed">
                        {placeText(feature, distribution)}
                      </Text>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {Object.keys(parts.rest).length > 0 && (
        <Stack component="section" aria-label="Rest of the payload">
          <Title order={3}>Rest of the payload</Title>
          <div className={`${classes["json"]} mono`}>
            <JsonTree value={parts.rest} path="" />
          </div>
        </Stack>
      )}
    </Stack>
  );
}

function Entries({ feature }: { feature: FeatureRow }) {
  return (
    <details>
      <summary>{feature.text}</summary>
      <ul>
        {feature.entries.map((entry) => (
          <li key={entry} dir="auto">
            <Visible text={entry} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Mail({ mail }: { mail: MailPart }) {
  return (
    <Stack component="section" aria-label="Mail">
      <Facts
        facts={mail.headers.map(([name, value]) => [
          name.replaceAll("_", " "),
          <span key={name} dir="auto">
            <Visible text={value} />
          </span>,
        ])}
      />
      {mailBlocks(mail.body).map((block, index) =>
        block.kind === "quote" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text never move.
          <details key={index}>
            <Text component="summary" c="dimmed" size="lg">
              Quoted text
            </Text>
            <div style={{ whiteSpace: "pre-wrap" }} dir="auto">
              <Visible text={block.text} />
            </div>
          </details>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text never move.
          <div key={index} style={{ whiteSpace: "pre-wrap" }} dir="auto">
            <Visible text={block.text} />
          </div>
        ),
      )}
    </Stack>
  );
}

function Visible({ text }: { text: string }): ReactNode {
  return markInvisible(text).map((piece, index) =>
    piece.kind === "text" ? (
      piece.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move.
      <Text span key={index} size="xs" px={2} bd="1px dashed var(--control)">
        {piece.name}
      </Text>
    ),
  );
}

const LONG_TEXT = 300;
const DEPTH_OPEN = 2;

function JsonTree({ value, path }: { value: unknown; path: string }): ReactNode {
  if (typeof value === "string") {
    return value.length > LONG_TEXT ? (
      <details>
        <summary dir="auto">
          <Visible text={value.slice(0, 80)} />… ({value.length} characters)
        </summary>
        <span dir="auto">
          <Visible text={value} />
        </span>
      </details>
    ) : (
      <span dir="auto">
        <Visible text={JSON.stringify(value)} />
      </span>
    );
  }
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return Array.isArray(value) ? "[]" : "{}";
  const list = (
    <ul>
      {entries.map(([name, child]) => {
        const childPath = path === "" ? name : `${path}.${name}`;
        return (
          <li key={name}>
            <Text span c="dimmed">
              {name}:{" "}
            </Text>
            <JsonTree value={child} path={childPath} />
          </li>
        );
      })}
    </ul>
  );
  const depth = path === "" ? 0 : path.split(".").length;
  return depth < DEPTH_OPEN && entries.length <= 40 ? (
    list
  ) : (
    <details>
      <summary>{entries.length} entries</summary>
      <CopyPath path={path} />
      {list}
    </details>
  );
}

function CopyPath({ path }: { path: string }) {
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      onClick={(event) => {
        event.preventDefault();
        void navigator.clipboard?.writeText(path);
      }}
    >
      Copy path
    </Button>
  );
}
