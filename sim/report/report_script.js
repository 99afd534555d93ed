// report_script.js - the timeline of a report: zooms, moves, and says what a slice is.
//
// TRACE is in the page: {kinds: [[title, color, half height]...], runs: [{label, lanes: [{label, slices, tasks}]}]}.
// slices is flat, four numbers each: start and length in ns, kind, core or -1; sorted by start. tasks likewise: start,
// length, number, index into names. Only what can be seen is drawn: slices by binary search, and of those narrower
// than a pixel one a pixel.
'use strict';
(function () {
	const canvas = document.getElementById('timeline');
	if (!canvas)
		return;
	const trace = JSON.parse(document.getElementById('trace').textContent);
	const tip = document.getElementById('tip');
	const LABEL = 170, ROW = 24, HEAD = 22, AXIS = 26;
	const rows = [];
	let end = 1;
	for (const run of trace.runs) {
		rows.push({heading: run.label});
		for (const lane of run.lanes) {
			rows.push(lane);
			const n = lane.slices.length, m = lane.tasks.length;
			if (n)
				end = Math.max(end, lane.slices[n - 4] + lane.slices[n - 3]);
			for (let i = 0; i < m; i += 4)
				end = Math.max(end, lane.tasks[i] + lane.tasks[i + 1]);
		}
	}
	let height = AXIS;
	for (const row of rows) {
		row.y = height;
		height += row.heading === undefined ? ROW : HEAD;
	}
	for (const kind of trace.kinds) {
		const key = document.createElement('span');
		key.textContent = kind[0];
		key.style.setProperty('--color', kind[1]);
		document.getElementById('keys').append(key);
	}
	let from = 0, to = end, width = 0, pending = false, pointer = null;

	const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

	function time(ns) {
		const a = Math.abs(ns);
		return a >= 1e9 ? (ns / 1e9).toPrecision(6).replace(/\.?0+$/, '') + ' s' : a >= 1e6 ? +(ns / 1e6).toPrecision(6) + ' ms' :
			a >= 1e3 ? +(ns / 1e3).toPrecision(6) + ' µs' : Math.round(ns) + ' ns';
	}

	const x_of = (ns) => LABEL + (ns - from) / (to - from) * (width - LABEL);
	const ns_of = (x) => from + (x - LABEL) / (width - LABEL) * (to - from);

	// The first of a flat list of slices that ends after `ns`.
	function first_after(list, ns) {
		let low = 0, high = list.length / 4;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (list[4 * middle] + list[4 * middle + 1] <= ns)
				low = middle + 1;
			else
				high = middle;
		}
		return 4 * low;
	}

	function draw_lane(context, row) {
		const list = row.slices, middle = row.y + ROW / 2;
		let seen = -1;
		for (let i = first_after(list, from); i < list.length && list[i] < to; i += 4) {
			const left = Math.max(x_of(list[i]), LABEL), right = Math.min(x_of(list[i] + list[i + 1]), width);
			if (right - left < 0.7 && right <= seen)
				continue;
			const kind = trace.kinds[list[i + 2]], half = kind[2] * ROW;
			seen = left + Math.max(right - left, 0.7);
			context.fillStyle = kind[1];
			context.fillRect(left, middle - half, seen - left, 2 * half);
		}
		context.strokeStyle = style('--ink');
		seen = -1;
		for (let i = 0; i < row.tasks.length; i += 4) {
			const left = x_of(row.tasks[i]), right = x_of(row.tasks[i] + row.tasks[i + 1]);
			if (right < LABEL || left > width || right - left < 3)
				continue;
			context.strokeRect(Math.max(left, LABEL) + 0.5, row.y + 1.5, Math.min(right, width + 2) - Math.max(left, LABEL) - 1, ROW - 3);
		}
	}

	function draw_axis(context) {
		const about = (to - from) * 110 / (width - LABEL), power = Math.pow(10, Math.floor(Math.log10(about)));
		const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= about);
		context.fillStyle = style('--faint');
		context.strokeStyle = style('--line');
		context.textAlign = 'center';
		for (let ns = Math.ceil(from / step) * step; ns <= to; ns += step) {
			const x = Math.round(x_of(ns)) + 0.5;
			context.beginPath();
			context.moveTo(x, AXIS - 5);
			context.lineTo(x, height);
			context.stroke();
			if (x < width - 25)
				context.fillText(time(ns), x, 14);
		}
	}

	function draw() {
		pending = false;
		const scale = window.devicePixelRatio || 1;
		width = canvas.clientWidth;
		if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
			canvas.width = Math.round(width * scale);
			canvas.height = Math.round(height * scale);
			canvas.style.height = height + 'px';
		}
		const context = canvas.getContext('2d');
		context.setTransform(scale, 0, 0, scale, 0, 0);
		context.fillStyle = style('--paper');
		context.fillRect(0, 0, width, height);
		context.font = '12px system-ui, sans-serif';
		context.lineWidth = 1;
		draw_axis(context);
		for (const row of rows)
			if (row.heading === undefined)
				draw_lane(context, row);
		context.fillStyle = style('--paper');
		context.fillRect(0, AXIS - 4, LABEL - 2, height);
		context.fillStyle = style('--ink');
		for (const row of rows) {
			const heading = row.heading !== undefined;
			context.textAlign = heading ? 'left' : 'right';
			context.font = (heading ? 'bold ' : '') + '12px system-ui, sans-serif';
			context.fillText(heading ? row.heading : row.label, heading ? 4 : LABEL - 8, row.y + 16, heading ? width : LABEL - 12);
		}
	}

	function soon() {
		if (!pending) {
			pending = true;
			requestAnimationFrame(draw);
		}
	}

	function show(begin, stop) {
		const length = Math.min(Math.max(stop - begin, 100), end);
		from = Math.min(Math.max(begin, 0), end - length);
		to = from + length;
		soon();
	}

	function zoom(factor, at) {
		show(at - (at - from) * factor, at + (to - at) * factor);
	}

	// What lies under the pointer, in words; null: nothing.
	function words_at(x, y) {
		const row = rows.find((r) => r.heading === undefined && y >= r.y && y < r.y + ROW), ns = ns_of(x);
		if (!row || x < LABEL)
			return null;
		const lines = [row.label];
		for (let i = 0; i < row.tasks.length; i += 4)
			if (row.tasks[i] <= ns && ns < row.tasks[i] + row.tasks[i + 1])
				lines.push('task ' + row.tasks[i + 2] + ': ' + trace.names[row.tasks[i + 3]] + ', ' + time(row.tasks[i + 1]));
		const i = first_after(row.slices, ns);
		if (i < row.slices.length && row.slices[i] <= ns) {
			lines.push(trace.kinds[row.slices[i + 2]][0] + ', ' + time(row.slices[i + 1]));
			lines.push('from ' + time(row.slices[i]) + (row.slices[i + 3] >= 0 ? ', on core ' + row.slices[i + 3] : ''));
		}
		return lines.length > 1 ? lines.join('\n') : null;
	}

	function hover(event) {
		const words = words_at(event.offsetX, event.offsetY);
		tip.style.display = words ? 'block' : 'none';
		if (!words)
			return;
		tip.textContent = words;
		tip.style.left = Math.min(event.offsetX + 14, width - 230) + 'px';
		tip.style.top = (event.offsetY + 18) + 'px';
	}

	canvas.addEventListener('wheel', (event) => {
		if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
			const by = (to - from) * (event.deltaX || event.deltaY) / 1000;
			show(from + by, to + by);
		} else {
			zoom(Math.pow(1.0016, event.deltaY), ns_of(Math.max(event.offsetX, LABEL)));
		}
		event.preventDefault();
	}, {passive: false});
	canvas.addEventListener('pointerdown', (event) => {
		pointer = {x: event.offsetX, from: from, to: to};
		canvas.setPointerCapture(event.pointerId);
	});
	canvas.addEventListener('pointermove', (event) => {
		if (pointer) {
			const by = (pointer.x - event.offsetX) / (width - LABEL) * (pointer.to - pointer.from);
			show(pointer.from + by, pointer.to + by);
		}
		hover(event);
	});
	canvas.addEventListener('pointerup', () => { pointer = null; });
	canvas.addEventListener('pointerleave', () => { tip.style.display = 'none'; });
	canvas.addEventListener('dblclick', () => show(0, end));

	const actions = {
		in: () => zoom(0.5, (from + to) / 2),
		out: () => zoom(2, (from + to) / 2),
		left: () => show(from - (to - from) / 4, to - (to - from) / 4),
		right: () => show(from + (to - from) / 4, to + (to - from) / 4),
		all: () => show(0, end),
	};
	const keys = {'+': 'in', '=': 'in', '-': 'out', ArrowLeft: 'left', ArrowRight: 'right', Home: 'all', '0': 'all'};
	canvas.addEventListener('keydown', (event) => {
		if (keys[event.key] && !event.ctrlKey && !event.metaKey) {
			actions[keys[event.key]]();
			event.preventDefault();
		}
	});
	for (const button of document.querySelectorAll('button[data-action]'))
		button.addEventListener('click', actions[button.dataset.action]);
	window.addEventListener('resize', soon);
	window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', soon);
	// For tests: draws at once, and says what can be seen.
	window.gilsim_timeline = {draw: draw, zoom: zoom, show: show, words_at: words_at, window: () => [from, to], rows: rows, x_of: x_of};
	draw();
})();
