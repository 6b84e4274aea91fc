declare module "s3rver" {
  export interface Options {
    readonly port: number;
    readonly address: string;
    readonly silent: boolean;
    /** Folder that holds the objects. */
    readonly directory: string;
    readonly configureBuckets: readonly { readonly name: string; readonly configs: readonly string[] }[];
  }
  /** An S3-compatible server of somebody else's; its one key is S3RVER with the secret S3RVER. */
  export default class S3rver {
    constructor(options: Options);
    run(): Promise<{ readonly address: string; readonly port: number }>;
    close(): Promise<void>;
  }
}
