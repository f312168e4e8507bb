// Keeps a part of the page current: data-live is the URL of its content. It is fetched again whenever the stream at
// data-live-events says something, or else every data-live-seconds, only while the page is looked at, until the
// content carries data-live-done. Content that carries data-live-version="…" is asked for with that version, so that the
// answer can be 204 while nothing changed. The element is aria-live, so that a screen reader hears what changed.
(() => {
  "use strict";

  const SECONDS_BETWEEN_LOOKS = 5;

  const keep = (part) => {
    const { live: url, liveEvents: events, liveSeconds: seconds } = part.dataset;
    let stream = null;
    let timer = null;
    let fetching = false;

    const rest = () => {
      stream?.close();
      stream = null;
      clearInterval(timer);
    };

    const look = async () => {
      if (fetching) return;
      fetching = true;
      try {
        const address = new URL(url, window.location);
        const version = part.querySelector("[data-live-version]")?.dataset.liveVersion;
        if (version) address.searchParams.set("version", version);
        const answer = await fetch(address, { headers: { "X-Fragment": "live" } });
        // Somebody signed out elsewhere: the whole page must say so.
        if (answer.redirected) return window.location.reload();
        if (answer.status === 200) part.innerHTML = await answer.text();
        if (part.querySelector("[data-live-done]")) rest();
      } catch {
        // Offline for a moment; the next look will tell.
      } finally {
        fetching = false;
      }
    };

    const start = () => {
      rest();
      if (document.hidden || part.querySelector("[data-live-done]")) return;
      if (events) {
        stream = new EventSource(events);
        stream.onmessage = look;
      } else {
        timer = setInterval(look, 1000 * (Number(seconds) || SECONDS_BETWEEN_LOOKS));
      }
    };

    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !part.querySelector("[data-live-done]")) look();
      start();
    });
    start();
  };

  for (const part of document.querySelectorAll("[data-live]")) keep(part);
})();
