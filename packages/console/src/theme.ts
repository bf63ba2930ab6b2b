import {
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  Group,
  Kbd,
  type MantineColorsTuple,
  Menu,
  Modal,
  NativeSelect,
  NavLink,
  Paper,
  SimpleGrid,
  Stack,
  Table,
  Textarea,
  TextInput,
  Title,
  type VariantColorsResolver,
} from "@mantine/core";

/** Neutral shades of the light scheme: panel, line (3), control border (5), muted text (6), ink (9). */
const gray: MantineColorsTuple = [
  "#f5f6f8",
  "#eceef1",
  "#e1e4e8",
  "#d5d9de",
  "#b3b9c1",
  "#858d97",
  "#57606a",
  "#3d444d",
  "#343a41",
  "#1b1f24",
];

/** Neutral shades of the dark scheme: ink (0), muted text (2), control border (3), line (4), panel (6), page (7). */
const dark: MantineColorsTuple = [
  "#e8eaed",
  "#c9cdd3",
  "#a3abb5",
  "#727a86",
  "#343a43",
  "#2a3038",
  "#1e2229",
  "#15181d",
  "#101216",
  "#0b0d10",
];

/** Colours that state a fact about an arm or a verdict; everything else is neutral. */
const stateColors = {
  light: { active: "#173b94", canary: "#905d06", harm: "#840b23", better: "#007877", hold: gray[7] },
  dark: { active: "#788fff", canary: "#ffc545", harm: "#f55374", better: "#41e9e8", hold: "#c4cad2" },
};

/** Buttons are neutral: the filled one is ink, the others are outlines or text. */
const variantColorResolver: VariantColorsResolver = (input) => {
  switch (input.variant) {
    case "filled":
      return {
        background: "var(--ink)",
        hover: "var(--ink-hover)",
        color: "var(--page)",
        border: "1px solid transparent",
      };
    case "default":
    case "outline":
      return {
        background: "var(--page)",
        hover: "var(--panel)",
        color: "var(--ink)",
        border: "1px solid var(--control)",
      };
    case "subtle":
    case "transparent":
      return {
        background: "transparent",
        hover: "var(--panel)",
        color: "var(--ink)",
        border: "1px solid transparent",
      };
    default:
      return defaultVariantColorsResolver(input);
  }
};

export const theme = createTheme({
  colors: { gray, dark },
  primaryColor: "gray",
  black: gray[9],
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.45", lg: "1.5", xl: "1.3" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.45" },
    },
  },
  defaultRadius: 4,
  respectReducedMotion: true,
  focusRing: "auto",
  variantColorResolver,
  components: {
    Alert: Alert.extend({
      defaultProps: { variant: "default", role: "note" },
      styles: {
        root: { padding: "0.5rem 0.75rem" },
        message: { color: "inherit", overflowWrap: "anywhere" },
      },
    }),
    Badge: Badge.extend({
      defaultProps: { radius: 4, tt: "none", fw: 500 },
      // A state is read whole: a long one takes several lines.
      styles: {
        root: {
          height: "auto",
          minHeight: "1.375rem",
          fontSize: "0.8125rem",
          lineHeight: 1.4,
          letterSpacing: 0,
        },
        label: { whiteSpace: "normal", overflow: "visible", textAlign: "start" },
      },
    }),
    Button: Button.extend({ defaultProps: { size: "sm", variant: "default" } }),
    Group: Group.extend({ defaultProps: { gap: "xs" } }),
    Kbd: Kbd.extend({ defaultProps: { size: "sm", mr: "xs" } }),
    Modal: Modal.extend({
      defaultProps: {
        transitionProps: { duration: 0 },
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { "aria-label": "Close" },
        // The header element of the dialog would count as a second banner of the page.
        attributes: { header: { role: "presentation" } },
      },
      styles: { title: { fontSize: "1rem", fontWeight: 600 } },
    }),
    Menu: Menu.extend({ defaultProps: { transitionProps: { duration: 0 }, shadow: "sm" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "sm" } }),
    NavLink: NavLink.extend({
      defaultProps: { color: "gray", noWrap: true, py: 6 },
      styles: { root: { borderRadius: 4 } },
      vars: () => ({
        root: { "--nl-bg": "var(--panel)", "--nl-hover": "var(--panel)", "--nl-color": "var(--ink)" },
        children: {},
      }),
    }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, p: "md" } }),
    SimpleGrid: SimpleGrid.extend({ defaultProps: { spacing: "lg", autoFlow: "auto-fit" } }),
    Stack: Stack.extend({ defaultProps: { gap: "sm" } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm", autosize: true, minRows: 2, maxRows: 12 } }),
    Title: Title.extend({ defaultProps: { order: 2 } }),
  },
});

const shared = {
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-dimmed": "var(--muted)",
  "--mantine-color-anchor": "var(--ink)",
  "--mantine-color-error": "var(--harm)",
  "--mantine-color-placeholder": "var(--muted)",
  "--mantine-color-default": "var(--page)",
  "--mantine-color-default-hover": "var(--panel)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--control)",
  "--mantine-primary-color-filled": "var(--ink)",
  "--mantine-primary-color-contrast": "var(--page)",
  "--mantine-color-disabled": "var(--panel)",
  "--mantine-color-disabled-color": "var(--muted)",
  "--mantine-color-disabled-border": "var(--line)",
};

/** Turns the names of the state colours into custom properties: `--active`, `--canary`, … */
function toStateVariables(colors: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(colors).map(([name, value]) => [`--${name}`, value ?? ""]));
}

/** The tokens that components, style sheets and the canvas of the charts read. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--page": "#ffffff",
    "--panel": gray[0],
    "--ink": gray[9],
    "--ink-hover": gray[8],
    "--muted": gray[6],
    "--control": gray[5],
    "--line": gray[3],
    "--tint": "10%",
    "--hold-on": "#ffffff",
    ...toStateVariables(stateColors.light),
    ...shared,
  },
  dark: {
    "--page": dark[7],
    "--panel": dark[6],
    "--ink": dark[0],
    "--ink-hover": dark[1],
    "--muted": dark[2],
    "--control": dark[3],
    "--line": dark[4],
    "--tint": "14%",
    "--hold-on": dark[7],
    ...toStateVariables(stateColors.dark),
    ...shared,
  },
});
