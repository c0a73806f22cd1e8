// Accessibility checks that a browser can make of a page: names, sizes, width, contrast and focus. window.audit at the
// end is what the tests call; page and focus say what is wrong.
(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

	// rgba reads a colour in any of CSS's notations.
	const rgba = (colour) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = colour;
		canvas.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
		return [r, g, b, a / 255];
	};
	const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);

	// behind is the colour that lies under the element's own content.
	const behind = (element) => {
		const layers = [];
		for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
		return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
	};

	// contrast is WCAG 2's ratio of two opaque colours.
	const contrast = (a, b) => {
		const luminance = (c) => {
			const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
			const [r, g, b] = c.slice(0, 3).map((v) => linear(v / 255));
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
		return (light + 0.05) / (dark + 0.05);
	};

	// name is what a problem calls the element: "<button#buy> Buy it".
	const name = (e) => {
		const text = (e.getAttribute("aria-label") || e.textContent).trim().slice(0, 40);
		return `<${e.localName}${e.id && "#" + e.id}> ${text}`;
	};
	const shown = (e) =>
		e.checkVisibility({ visibilityProperty: true }) && !e.closest("details:not([open]) > :not(summary)");
	const controls = () =>
		[...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden]), [tabindex='0']")]
			.filter(shown);

	const structure = () => {
		const problems = [];
		if (!document.documentElement.lang) problems.push("the page has no language");
		if (!document.title) problems.push("the page has no title");
		if (document.querySelectorAll("h1").length !== 1) problems.push("the page does not have exactly one h1");
		if (document.querySelector("script:not([src])")) problems.push("the page has a script in it");
		for (const e of controls()) {
			const labels = [...(e.labels || [])].map((l) => l.textContent.trim()).join("");
			if (!(e.getAttribute("aria-label") || e.textContent.trim() || labels)) problems.push(`${name(e)} has no name`);
			const box = (e.closest("label") || e).getBoundingClientRect();
			if (box.width < 24 || box.height < 24) {
				problems.push(`${name(e)} is ${box.width} by ${box.height}, too small to hit`);
			}
		}
		return problems;
	};

	const width = () => {
		const [needed, given] = [document.documentElement.scrollWidth, document.documentElement.clientWidth];
		if (needed <= given) return [];
		const overflows = (e) => e.getBoundingClientRect().right > given;
		const wide = [...document.body.querySelectorAll("*")].filter(overflows).map(name);
		return [`the page scrolls sideways: it needs ${needed} of ${given} pixels because of ${wide.join(", ")}`];
	};

	const colours = () => {
		const problems = [];
		for (const e of [...document.body.querySelectorAll("*")].filter(shown)) {
			if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
			const ground = behind(e);
			const ratio = contrast(over(rgba(getComputedStyle(e).color), ground), ground);
			if (ratio < 4.5) problems.push(`${name(e)} has a contrast of ${ratio.toFixed(2)}`);
		}
		return problems;
	};

	// key names a stop of the Tab key: a group of radio buttons is one stop.
	const key = (e) => (e.type === "radio" ? "radio buttons " + e.name : String(controls().indexOf(e)) + " " + name(e));

	window.audit = {
		page: () => [...structure(), ...width(), ...colours()],
		stops: () => [...new Set(controls().map(key))],
		// focus is the stop that has the focus, and what is wrong with its focus ring; null where nothing has the focus.
		focus: () => {
			const e = document.activeElement;
			if (!e || e === document.body) return null;
			const ring = [e, e.closest("label")].filter(Boolean).map((x) => [x, getComputedStyle(x)])
				.find(([, s]) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
			if (!ring) return { stop: key(e), problem: `${name(e)} shows no focus` };
			const ground = behind(ring[0].parentElement);
			const ratio = contrast(over(rgba(ring[1].outlineColor), ground), ground);
			const pale = `${name(e)} has a focus ring with a contrast of ${ratio.toFixed(2)}`;
			return { stop: key(e), problem: ratio < 3 ? pale : "" };
		},
	};
})();
