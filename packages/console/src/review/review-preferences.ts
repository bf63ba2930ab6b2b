const ONE_PRESS = "relearn.one_press";
const KEYS = "relearn.review_keys";

/** How this browser's person labels: a digit sends at once, and whether keys work at all. */
export const reviewPreferences = {
  onePress: (): boolean => localStorage.getItem(ONE_PRESS) !== "off",
  setOnePress: (on: boolean): void => localStorage.setItem(ONE_PRESS, on ? "on" : "off"),
  keys: (): boolean => localStorage.getItem(KEYS) !== "off",
  setKeys: (on: boolean): void => localStorage.setItem(KEYS, on ? "on" : "off"),
};
