/** Tables of the agent form: features, thresholds and label mappings, whose rows can be added and removed. */
import { Button, NativeSelect, Stack, TextInput } from "@mantine/core";
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

/** Ids, errors and focus events that a field shares with its form. */
export interface FieldFrame {
  /** The id of the field at a place of the form. */
  readonly getFieldId: (place: string) => string;
  /** Error of the field, once the person has left it. */
  readonly findFault: (place: string) => string | undefined;
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
  /** Name of a row, such as "feature". */
  readonly what: string;
  readonly empty: Row;
  readonly min: number;
  readonly columns: (change: (at: number, fields: Partial<Row>) => void) => readonly Column<Indexed<Row>>[];
}

function EditableRows<Row>({ caption, what, rows, onChange, empty, min, columns }: EditableRowsProps<Row>) {
  const change = (at: number, fields: Partial<Row>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...fields } : row)));
  return (
    <Stack>
      {rows.length > 0 && (
        <DataTable
          caption={caption}
          fields
          rows={rows.map((row, at) => ({ row, at }))}
          rowKey={({ at }) => String(at)}
          columns={[
            ...columns(change),
            {
              name: "Action",
              cell: ({ at }) => (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Remove ${what} ${at + 1}`}
                  disabled={rows.length <= min}
                  onClick={() => onChange(rows.filter((_, index) => index !== at))}
                >
                  Remove
                </Button>
              ),
            },
          ]}
        />
      )}
      <div>
        <Button onClick={() => onChange([...rows, empty])}>Add {what}</Button>
      </div>
    </Stack>
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
      id={frame.getFieldId(place)}
      aria-label={label}
      value={value}
      error={frame.findFault(place)}
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
  const minimum = text("min", "Minimum", true);
  const maximum = text("max", "Maximum", true);
  return (
    <EditableRows
      {...props}
      caption="Features"
      what="feature"
      empty={emptyFeature}
      min={1}
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
                { value: "boolean", label: "Yes/no" },
                { value: "length", label: "Length of a list" },
              ]}
            />
          ),
        },
        { name: "Default", cell: (one) => fallback(one, (fields) => change(one.at, fields)) },
        { name: "Minimum", cell: (one) => minimum(one, (fields) => change(one.at, fields)) },
        { name: "Maximum", cell: (one) => maximum(one, (fields) => change(one.at, fields)) },
      ]}
    />
  );
}

const origins = [
  { value: "boundary_of", label: "decision boundary of" },
  { value: "weight_of", label: "weight of" },
  { value: "constant", label: "constant" },
];

export function ThresholdRows(props: RowsProps<ThresholdFields>) {
  const { frame } = props;
  return (
    <EditableRows
      {...props}
      caption="Thresholds"
      what="threshold"
      empty={emptyThreshold}
      min={0}
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
          name: "Derived from",
          cell: ({ row, at }) => (
            <NativeSelect
              aria-label={`Derivation of threshold ${at + 1}`}
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
          name: "Value or fallback",
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
      min={0}
      columns={(change) => [
        {
          name: "Label",
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
                id={frame.getFieldId(`labelMap.${at}.to`)}
                miw={128}
                aria-label={`Class of label ${at + 1}`}
                value={row.to}
                error={frame.findFault(`labelMap.${at}.to`)}
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
