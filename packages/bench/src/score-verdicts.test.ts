import fc from "fast-check";
import { expect, it } from "vitest";
import { roundToPlaces } from "../../server/src/numerics/round-to-places.ts";
import { specificationUncertainty } from "../../server/src/sampling/specification-uncertainty.ts";
import { scoreVerdicts } from "./score-verdicts.ts";

const judgeArbitrary = fc.tuple(fc.integer({ min: -1, max: 2 }), fc.option(fc.integer({ min: 0, max: 100 })));

it("scores arrays like the specification scores one task", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(judgeArbitrary, judgeArbitrary, judgeArbitrary, judgeArbitrary), { minLength: 1 }),
      fc.tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 0.1, 0.5, 0.83, 1))),
      (rows, weights) => {
        const scores = new Float64Array(rows.length);
        scoreVerdicts(
          Int8Array.from(rows.flat().map(([verdict]) => verdict)),
          Float64Array.from(rows.flat().map(([, confidence]) => confidence ?? Number.NaN)),
          4,
          3,
          scores,
          Float64Array.from(weights),
        );
        rows.forEach((row, index) => {
          const judged = Object.fromEntries(
            row.map(([verdict, confidence], judge) => [
              `j${judge}`,
              { verdict: verdict < 0 ? null : `v${verdict}`, confidence },
            ]),
          );
          const named = Object.fromEntries(weights.map((weight, judge) => [`j${judge}`, weight]));
          const { uncertainty } = specificationUncertainty(judged, named);
          expect(roundToPlaces(scores[index]!, 3)).toBeCloseTo(uncertainty, 9);
        });
      },
    ),
  );
});
