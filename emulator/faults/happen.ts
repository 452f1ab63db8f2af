import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { type Auth, bearerOf } from "../http/auth";
import { ProblemError, sendProblem } from "../http/problem";
import type { Credentials } from "../object-store/credentials";
import { S3Failure, sendFailure } from "../object-store/failure";
import { accessKeyOf } from "../object-store/signature";
import type { Fault } from "./order";

/** The request that a fault applies to. */
export interface Struck {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The format of error responses. */
  readonly form: "REST" | "S3";
  /** Carries out and answers the request. */
  readonly carryOut: () => void;
}

/** The owners of tokens and credentials, which can expire. */
export interface Expiring {
  readonly auth: Auth;
  readonly credentials: Credentials;
}

/** Applies a fault to a request. */
export function happen(fault: Fault, { req, res, form, carryOut }: Struck, expiring: Expiring): void {
  switch (fault.kind) {
    case "status":
      // An unread request body would keep the client from reading the answer.
      req.resume();
      refuse(fault, res, form);
      break;
    case "delay": {
      const timer = setTimeout(carryOut, fault.ms);
      res.once("close", () => clearTimeout(timer));
      break;
    }
    case "reset":
      req.socket.resetAndDestroy();
      break;
    case "drop":
      Object.assign(res, {
        write: () => true,
        end: () => {
          req.socket.resetAndDestroy();
          return res;
        },
      });
      carryOut();
      break;
    case "expiry":
      if (form === "S3") {
        expiring.credentials.expire(accessKeyOf(req) ?? "");
      } else {
        expiring.auth.expireToken(bearerOf(req.headers) ?? "");
      }
      carryOut();
      break;
    default:
      fault satisfies never;
  }
}

type StatusFault = Extract<Fault, { kind: "status" }>;

function refuse(
  { status, retryAfter, detail = "This fault was ordered." }: StatusFault,
  res: ServerResponse,
  form: "REST" | "S3",
): void {
  if (retryAfter !== undefined) {
    res.setHeader("Retry-After", String(retryAfter));
  }
  if (form === "REST") {
    sendProblem(res, new ProblemError(status, STATUS_CODES[status] ?? "Error", detail));
  } else {
    sendFailure(
      res,
      new S3Failure(s3Codes[status] ?? (status < 500 ? "InvalidRequest" : "InternalError"), detail, { status }),
    );
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const s3Codes: Partial<Record<number, ConstructorParameters<typeof S3Failure>[0]>> = {
  403: "AccessDenied",
  404: "NoSuchUpload",
  501: "NotImplemented",
  503: "SlowDown",
};
