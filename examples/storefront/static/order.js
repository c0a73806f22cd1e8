// An order's page shows the new state when the server says that there is one. Without this script it loads itself anew.
const watch = () => {
	const page = document.querySelector("[data-looks]");
	if (!page || page.dataset.looks === "paid") return;
	const events = new EventSource(`${location.pathname}/events?seen=${page.dataset.looks}`);
	events.addEventListener("changed", async () => {
		events.close();
		const answer = await fetch(location.pathname);
		const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-looks]");
		if (!fresh) return;
		page.replaceChildren(...fresh.childNodes);
		page.dataset.looks = fresh.dataset.looks;
		watch();
	});
};
watch();
