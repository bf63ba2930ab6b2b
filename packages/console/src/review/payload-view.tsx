import { Button } from "@mantine/core";
import type { FeatureDeclaration } from "@relearn/client";
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { featureSpreadQuery } from "../api/documents.ts";
import { formatCount } from "../format/numbers.ts";
import { mailBlocks, markInvisible } from "./mail-text.ts";
import { type MailPart, payloadParts, placeText } from "./payload-parts.ts";

interface PayloadViewProps {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly features: readonly FeatureDeclaration[];
  /** Whose payloads the values are held against. */
  readonly agent: string;
}

/** A payload as a reviewer reads it: features, mail as plain text, the rest as a tree. */
export function PayloadView({ payload, features, agent }: PayloadViewProps) {
  const { data: spread } = useQuery(featureSpreadQuery(agent));
  const parts = payloadParts(payload, features);
  return (
    <div className="payload stack-wide">
      {parts.mail !== null && <Mail mail={parts.mail} />}
      {parts.features.length > 0 && (
        <table className="table" style={{ fontSize: "0.875rem" }}>
          <caption className="hidden">Features</caption>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Value</th>
              {spread !== undefined && spread.payloads > 0 && (
                <th scope="col" style={{ whiteSpace: "normal" }}>
                  Among {formatCount(spread.payloads)} payloads of 7 days
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {parts.features.map((feature) => (
              <tr key={feature.name}>
                <th scope="row" className="mono">
                  {feature.name}
                </th>
                <td className="wrap">
                  {feature.entries.length === 0 ? (
                    feature.text
                  ) : (
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
                  )}
                </td>
                {spread !== undefined && spread.payloads > 0 && (
                  <td className="muted">{placeText(feature, spread)}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {Object.keys(parts.rest).length > 0 && (
        <section className="stack" aria-label="The rest of the payload">
          <h3>Rest of the payload</h3>
          <div className="json mono">
            <JsonTree value={parts.rest} path="" />
          </div>
        </section>
      )}
    </div>
  );
}

function Mail({ mail }: { mail: MailPart }) {
  return (
    <section className="stack" aria-label="Mail">
      <dl className="facts">
        {mail.headers.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd dir="auto">
              <Visible text={value} />
            </dd>
          </Fragment>
        ))}
      </dl>
      {mailBlocks(mail.body).map((block, index) =>
        block.kind === "quote" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text never move.
          <details key={index}>
            <summary className="muted">Quoted text</summary>
            <div className="mail" dir="auto">
              <Visible text={block.text} />
            </div>
          </details>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text never move.
          <div key={index} className="mail" dir="auto">
            <Visible text={block.text} />
          </div>
        ),
      )}
    </section>
  );
}

function Visible({ text }: { text: string }): ReactNode {
  return markInvisible(text).map((piece, index) =>
    piece.kind === "text" ? (
      piece.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move.
      <span key={index} className="mark-invisible">
        {piece.name}
      </span>
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
            <span className="muted">{name}: </span>
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
