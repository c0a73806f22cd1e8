// An order's page shows the new state when the server says that there is one. Without this script it reloads.
const watch = () => {
	const page = document.querySelector("[data-looks]");
	if (!page || page.dataset.looks === "paid") return;
	const again = () => setTimeout(watch, 5000);
	const events = new EventSource(`${page.dataset.order}/events?seen=${page.dataset.looks}`);
	// A browser connects again by itself, but not after a response such as 502, which a restart behind a proxy gives.
	events.addEventListener("error", () => events.readyState === EventSource.CLOSED && again());
	events.addEventListener("changed", async () => {
		events.close();
		const response = await fetch(page.dataset.order).catch(() => null);
		if (!response?.ok) return again();
		const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-looks]");
		page.replaceChildren(...fresh.childNodes);
		page.dataset.looks = fresh.dataset.looks;
		watch();
	});
};
watch();
