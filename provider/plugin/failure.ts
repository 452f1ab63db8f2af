import { status as codes, Metadata, type ServiceError } from "@grpc/grpc-js";
import { CheckFailure as CheckFailureMessage, ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { CheckFailure } from "../handler";

/** An error of a call, as gRPC sends it. */
export function failure(message: string, metadata = new Metadata()): ServiceError {
  return Object.assign(new Error(message), { code: codes.UNKNOWN, details: message, metadata });
}

/** The resource exists, and a step failed on it: the engine saves its id and state with the error. */
export class PartialFailure extends Error {
  /** The error as gRPC sends it. */
  readonly asSent: ServiceError;

  constructor(message: string, id: string, state: Struct) {
    super(message);
    this.asSent = partial(message, id, state);
  }
}

function partial(message: string, id: string, state: Struct): ServiceError {
  const detail = new ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(state);
  detail.setReasonsList([message]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(codes.UNKNOWN);
  status.setMessage(message);
  status.addDetails(any);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return failure(message, metadata);
}

/** A failed check, as the engine takes it. */
export function failureMessage({ property, reason }: CheckFailure): CheckFailureMessage {
  const message = new CheckFailureMessage();
  message.setProperty(property);
  message.setReason(reason);
  return message;
}
