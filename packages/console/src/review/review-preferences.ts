const ONE_PRESS = "relearn.one_press";
const KEYS = "relearn.review_keys";

/** Preferences of this browser: whether one key press labels and sends, and whether shortcuts are on. */
export const reviewPreferences = {
  onePress: (): boolean => localStorage.getItem(ONE_PRESS) !== "off",
  setOnePress: (on: boolean): void => localStorage.setItem(ONE_PRESS, on ? "on" : "off"),
  keys: (): boolean => localStorage.getItem(KEYS) !== "off",
  setKeys: (on: boolean): void => localStorage.setItem(KEYS, on ? "on" : "off"),
};
