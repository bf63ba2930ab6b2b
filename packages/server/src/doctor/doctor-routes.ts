import { doctorReportSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router } from "../http/router.ts";
import type { DoctorService } from "./doctor-service.ts";

export function doctorRoutes(doctor: DoctorService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/doctor",
      summary: "What is wrong with this installation, and what to do next",
      responses: { 200: jsonAnswer("Every check", doctorReportSchema) },
    }),
    async (context) => context.json(await doctor.examine(), 200),
  );
}
