// The page's one Trusted Types policy. Under `require-trusted-types-for 'script'` (public/_headers) a browser refuses
// strings as script addresses; this lets through what lies beside the page, which is all that `new Worker(new URL(…))`
// needs. It makes no HTML and no script text, so innerHTML and eval stay refused. Loaded first, in the page and in
// every worker that starts a worker; it is no policy for content, which React escapes by itself.

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

/** The address itself if it has this origin; otherwise an error, which the browser turns into a refusal. */
export function sameOriginScript(url: string, base: string): string {
  const { href, origin } = new URL(url, base);
  if (origin !== 'null' && origin === new URL(base).origin) return href;
  throw new TypeError(
    `A script was asked for from ${origin}, and only ${new URL(base).origin} may give any.`,
  );
}

const { trustedTypes, location } = globalThis as { trustedTypes?: TrustedTypes; location?: { href: string } };
// `default` is the policy that the browser applies by itself to a plain string.
if (trustedTypes && location) {
  trustedTypes.createPolicy('default', { createScriptURL: (url) => sameOriginScript(url, location.href) });
}
