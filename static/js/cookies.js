// Small settings of one browser, which the server reads when it renders a page, so that nothing flashes.
const YEAR = 60 * 60 * 24 * 365;

export function keepCookie(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}
