/* What this project uses of the inside of s3rver 3.7.1, which its published types leave out. */

declare module "s3rver/lib/models/error" {
  /** An error that the server answers with in S3's XML. The status follows from the code; 500 when it knows it not. */
  class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, string>);
    code: string;
    status: number;
    toXML(): string;
  }
  export = S3Error;
}

declare module "s3rver/lib/stores/filesystem" {
  import type { Readable } from "node:stream";

  class FilesystemStore {
    constructor(rootDirectory: string);
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    putBucket(bucket: string): Promise<unknown>;
    putMetadata(bucket: string, key: string, metadata: Record<string, unknown>, md5: string): Promise<void>;
    deleteObject(bucket: string, key: string): Promise<void>;
    putObject(object: FilesystemStore.Incoming): Promise<FilesystemStore.Stored>;
    initiateUpload(bucket: string, key: string, uploadId: string, metadata: Record<string, unknown>): Promise<void>;
    putPart(bucket: string, uploadId: string, partNumber: string, content: Readable): Promise<FilesystemStore.Stored>;
    putObjectMultipart(
      bucket: string,
      uploadId: string,
      parts: readonly { number: number; etag: string }[],
    ): Promise<FilesystemStore.Stored>;
  }

  namespace FilesystemStore {
    interface Incoming {
      bucket: string;
      key: string;
      /** The request itself for what arrives over HTTP. */
      content: Readable;
      metadata: Record<string, unknown>;
    }
    /** `md5` is what the server answers as ETag. */
    interface Stored {
      size: number;
      md5: string;
    }
  }
  export = FilesystemStore;
}
