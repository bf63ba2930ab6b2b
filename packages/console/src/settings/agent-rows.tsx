/** The tables of an agent's form: features, thresholds, labels; a row each, with a way to add and to take out. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../parts/data-table.tsx";
import {
  emptyFeature,
  emptyMapping,
  emptyThreshold,
  type FeatureFields,
  type MappingFields,
  type ThresholdFields,
} from "./agent-fields.ts";

/** What a field needs from its form. */
export interface FieldFrame {
  /** The id of the field at a place of the form. */
  readonly idOf: (place: string) => string;
  /** What is wrong there, once somebody has left the field. */
  readonly faultOf: (place: string) => string | undefined;
  readonly onLeave: (place: string) => void;
}

interface RowsProps<Row> {
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[]) => void;
  readonly frame: FieldFrame;
}

interface Indexed<Row> {
  readonly row: Row;
  readonly at: number;
}

interface EditableRowsProps<Row> extends RowsProps<Row> {
  readonly caption: string;
  /** "feature": a row, in words. */
  readonly what: string;
  readonly empty: Row;
  readonly least: number;
  readonly columns: (change: (at: number, fields: Partial<Row>) => void) => readonly Column<Indexed<Row>>[];
}

function EditableRows<Row>({ caption, what, rows, onChange, empty, least, columns }: EditableRowsProps<Row>) {
  const change = (at: number, fields: Partial<Row>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...fields } : row)));
  return (
    <div className="stack editable">
      {rows.length > 0 && (
        <DataTable
          caption={caption}
          rows={rows.map((row, at) => ({ row, at }))}
          rowKey={({ at }) => String(at)}
          columns={[
            ...columns(change),
            {
              name: "Take out",
              cell: ({ at }) => (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Take out ${what} ${at + 1}`}
                  disabled={rows.length <= least}
                  onClick={() => onChange(rows.filter((_, index) => index !== at))}
                >
                  Take out
                </Button>
              ),
            },
          ]}
        />
      )}
      <div>
        <Button onClick={() => onChange([...rows, empty])}>Add a {what}</Button>
      </div>
    </div>
  );
}

interface CellFieldProps {
  readonly place: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly frame: FieldFrame;
  readonly narrow?: boolean;
}

function CellField({ place, label, value, onChange, frame, narrow = false }: CellFieldProps): ReactNode {
  return (
    <TextInput
      id={frame.idOf(place)}
      aria-label={label}
      value={value}
      error={frame.faultOf(place)}
      w={narrow ? 88 : undefined}
      miw={narrow ? undefined : 160}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => frame.onLeave(place)}
    />
  );
}

export function FeatureRows(props: RowsProps<FeatureFields>) {
  const { frame } = props;
  const text = (member: "name" | "path" | "default" | "min" | "max", label: string, narrow: boolean) =>
    function cell({ row, at }: Indexed<FeatureFields>, change: (fields: Partial<FeatureFields>) => void) {
      return (
        <CellField
          place={`features.${at}.${member}`}
          label={`${label} of feature ${at + 1}`}
          value={row[member]}
          onChange={(value) => change({ [member]: value })}
          frame={frame}
          narrow={narrow}
        />
      );
    };
  const name = text("name", "Name", false);
  const path = text("path", "Path", false);
  const fallback = text("default", "Default", true);
  const min = text("min", "Least value", true);
  const max = text("max", "Greatest value", true);
  return (
    <EditableRows
      {...props}
      caption="Features"
      what="feature"
      empty={emptyFeature}
      least={1}
      columns={(change) => [
        { name: "Name", cell: (one) => name(one, (fields) => change(one.at, fields)) },
        { name: "Path in the payload", cell: (one) => path(one, (fields) => change(one.at, fields)) },
        {
          name: "Kind",
          cell: ({ row, at }) => (
            <NativeSelect
              aria-label={`Kind of feature ${at + 1}`}
              miw={148}
              value={row.kind}
              onChange={(event) => {
                const kind = event.currentTarget.value as FeatureFields["kind"];
                change(at, { kind, default: kind === "boolean" ? "false" : "0" });
              }}
              data={[
                { value: "number", label: "Number" },
                { value: "boolean", label: "Yes or no" },
                { value: "length", label: "Length of a list" },
              ]}
            />
          ),
        },
        { name: "Default", cell: (one) => fallback(one, (fields) => change(one.at, fields)) },
        { name: "Least", cell: (one) => min(one, (fields) => change(one.at, fields)) },
        { name: "Most", cell: (one) => max(one, (fields) => change(one.at, fields)) },
      ]}
    />
  );
}

const origins = [
  { value: "boundary_of", label: "where the answer turns, in" },
  { value: "weight_of", label: "the weight of" },
  { value: "constant", label: "a constant" },
];

export function ThresholdRows(props: RowsProps<ThresholdFields>) {
  const { frame } = props;
  return (
    <EditableRows
      {...props}
      caption="Thresholds"
      what="threshold"
      empty={emptyThreshold}
      least={0}
      columns={(change) => [
        {
          name: "Name",
          cell: ({ row, at }) => (
            <CellField
              place={`thresholds.${at}.name`}
              label={`Name of threshold ${at + 1}`}
              value={row.name}
              onChange={(value) => change(at, { name: value })}
              frame={frame}
            />
          ),
        },
        {
          name: "Is",
          cell: ({ row, at }) => (
            <NativeSelect
              aria-label={`What threshold ${at + 1} is`}
              miw={190}
              value={row.from}
              onChange={(event) => change(at, { from: event.currentTarget.value as ThresholdFields["from"] })}
              data={origins}
            />
          ),
        },
        {
          name: "Features",
          cell: ({ row, at }) =>
            row.from === "constant" ? (
              ""
            ) : (
              <CellField
                place={`thresholds.${at}.of`}
                label={`Features of threshold ${at + 1}`}
                value={row.of}
                onChange={(value) => change(at, { of: value })}
                frame={frame}
              />
            ),
        },
        {
          name: "Value, or in its absence",
          cell: ({ row, at }) => (
            <CellField
              place={`thresholds.${at}.value`}
              label={`Value of threshold ${at + 1}`}
              value={row.value}
              onChange={(value) => change(at, { value })}
              frame={frame}
              narrow
            />
          ),
        },
      ]}
    />
  );
}

export function MappingRows(props: RowsProps<MappingFields> & { readonly classes: readonly string[] }) {
  const { frame, classes, ...rest } = props;
  return (
    <EditableRows
      {...rest}
      frame={frame}
      caption="Labels and their classes"
      what="label"
      empty={emptyMapping}
      least={0}
      columns={(change) => [
        {
          name: "Label as it comes",
          cell: ({ row, at }) => (
            <CellField
              place={`labelMap.${at}.label`}
              label={`Label ${at + 1}`}
              value={row.label}
              onChange={(value) => change(at, { label: value })}
              frame={frame}
            />
          ),
        },
        {
          name: "Class",
          cell: ({ row, at }) =>
            classes.length === 0 ? (
              <CellField
                place={`labelMap.${at}.to`}
                label={`Class of label ${at + 1}`}
                value={row.to}
                onChange={(value) => change(at, { to: value })}
                frame={frame}
              />
            ) : (
              <NativeSelect
                id={frame.idOf(`labelMap.${at}.to`)}
                miw={128}
                aria-label={`Class of label ${at + 1}`}
                value={row.to}
                error={frame.faultOf(`labelMap.${at}.to`)}
                onChange={(event) => change(at, { to: event.currentTarget.value })}
                data={[
                  { value: "", label: "Choose" },
                  ...new Set([...classes, ...(row.to === "" ? [] : [row.to])]),
                ]}
              />
            ),
        },
      ]}
    />
  );
}
