import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import classes from "./facts.module.css";

/** List of names and values, one pair a line. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes["facts"]}>
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <Text component="dt" c="dimmed">
            {name}
          </Text>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
