import { describe, expect, it } from "vitest";
import { hasPornographicWords, isExplicit, maskExplicitWords } from "./explicit-words.ts";

describe("isExplicit", () => {
  it.each([
    ["FREE xxx amateurs, click here", true],
    ["hot p0rn and teens", true],
    ["webcam girls, amateurs and babes, naked", true],
    ["Forced sex. Girls.", true],
    ["my girlfriend has a webcam", false],
    ["men of either sex, adults and teens", false],
    ["what the fuck is wrong with this driver", false],
    ["Essex, Scunthorpe, Dickens, analysis, cumulative, title, cocktail", false],
    ["", false],
  ])("%j: %s", (text, expected) => {
    expect(isExplicit(text)).toBe(expected);
  });
});

describe("maskExplicitWords", () => {
  it("takes out the word, also inside a longer one and with a star, and leaves the rest", () => {
    expect(maskExplicitWords("Free p*rnsite and sh*t, wholesome title")).toBe(
      "Free [adult] and [adult], wholesome title",
    );
  });

  it("leaves nothing that it would find again", () => {
    expect(hasPornographicWords("a xxx b hardcore-stuff")).toBe(true);
    expect(hasPornographicWords(maskExplicitWords("a xxx b hardcore-stuff"))).toBe(false);
  });
});
