// A page of the workbench reloads when the sandbox reports an event, without losing what the reader is doing on it.
const bench = document.querySelector("#bench");
const fresh = async () => {
	const response = await fetch(location.href).catch(() => null);
	if (!response?.ok) return;
	const page = new DOMParser().parseFromString(await response.text(), "text/html");
	for (const part of ["#bench", "nav.bench"]) {
		Idiomorph.morph(document.querySelector(part), page.querySelector(part), {
			ignoreActiveValue: true,
			callbacks: { beforeAttributeUpdated: (name) => name !== "open" }, // what the reader has opened stays open
		});
	}
	buttons();
};
// The copy buttons are for those who have a clipboard.
const buttons = () => {
	for (const button of document.querySelectorAll("[data-copy]")) {
		if (!navigator.clipboard) return;
		button.hidden = false;
		button.onclick = async () => {
			await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
			button.textContent = "Copied";
		};
	}
};
buttons();
let first = true;
const events = new EventSource("/sandbox/events");
events.addEventListener("changed", () => {
	if (first) first = false; // it says so at the beginning, too
	else fresh();
});
events.addEventListener("open", () => bench.toggleAttribute("data-live", true));
