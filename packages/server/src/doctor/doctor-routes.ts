import { createRoute, documentSchema, jsonAnswer, newRouter, type Router } from "../http/router.ts";
import type { DoctorReport, DoctorService } from "./doctor-service.ts";

export function doctorRoutes(doctor: DoctorService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/doctor",
      summary: "What is wrong with this installation, and what to do next",
      responses: { 200: jsonAnswer("Every check", documentSchema<DoctorReport>("DoctorReport")) },
    }),
    async (context) => context.json(await doctor.examine(), 200),
  );
}
