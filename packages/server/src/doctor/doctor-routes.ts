import { doctorReportSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router } from "../http/router.ts";
import type { DoctorService } from "./doctor-service.ts";

export function doctorRoutes(doctor: DoctorService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/doctor",
      summary: "Check the installation for problems",
      responses: { 200: jsonAnswer("The result of each check", doctorReportSchema) },
    }),
    async (context) => context.json(await doctor.examine(), 200),
  );
}
