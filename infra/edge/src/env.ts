/** What a deployment gives the Worker; wrangler.jsonc says where each comes from. */
export interface Env {
  /** The pages, put together by build.mjs. */
  readonly ASSETS: Fetcher;
  /** Where API Gateway answers, such as `https://api-origin.example.org`. */
  readonly API_ORIGIN: string;
  /** Where the Tunnel to core answers. */
  readonly CORE_ORIGIN: string;
  /** The value of `X-Origin-Secret`; a deployment without one leaves its origins unlocked. */
  readonly ORIGIN_SECRET?: string;
  /** The header into which who is in front, Cloudflare, has written the client's address; empty: nobody is. */
  readonly ADDRESS_HEADER: string;
  /** The one host `/api/admin` and `/console` answer on, behind Cloudflare Access; empty: on every host. */
  readonly ADMIN_HOST: string;
  /** `on` while nobody may come in. */
  readonly MAINTENANCE: string;
}

/** One request on its way, and the id that log, header and body carry. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly id: string;
}
