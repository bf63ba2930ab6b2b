import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type VariantColorsResolver,
} from "@mantine/core";

/**
 * Frame, links and buttons are ink: a hue is kept for facts about an arm or a verdict. So the library's
 * variants read the console's own tokens (`console.css`) instead of a palette.
 */
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
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  defaultRadius: 4,
  respectReducedMotion: true,
  focusRing: "auto",
  variantColorResolver,
  components: {
    Button: { defaultProps: { size: "sm", variant: "default" } },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 0 },
        overlayProps: { backgroundOpacity: 0.4 },
        // The dialog's heading stands in a header, which would count as a second banner of the page.
        attributes: { header: { role: "presentation" } },
      },
    },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, shadow: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm", autosize: true, minRows: 2, maxRows: 12 } },
    NativeSelect: { defaultProps: { size: "sm" } },
  },
});

const shared = {
  "--mantine-color-body": "var(--page)",
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

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: shared,
  dark: shared,
});
