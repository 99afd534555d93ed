// view.mjs MODULES FILE... - opens traces in speedscope, and reports, in Debian's headless Chromium.
//
// MODULES is a folder with npm's speedscope and puppeteer-core in node_modules (tests/tools/check_pictures.sh puts them
// there). A FILE is a trace (.json), or a report (.html), followed by '=' and a result in JSON whose figures its tables
// must hold: REPORT.html=RESULT.json.
//
// A trace must pair its beginnings and ends, never go back in time within a track, let every message and hand-over that
// arrives have set out, and import into speedscope with just the tracks that it names. A report must have no console
// error and fetch nothing, be one column that does not scroll sideways, light and dark; its timeline must zoom by wheel,
// buttons and keys, tell what is under the pointer, and draw a zoomed frame in less than 100 ms. Exit status 1 when one
// does not hold.
import {createServer} from 'node:http';
import {readFileSync, existsSync} from 'node:fs';
import {join, resolve, extname, basename} from 'node:path';
import {pathToFileURL} from 'node:url';

const FRAME_MS = 100, MOST_TRACKS = 200;
const [modules, ...files] = process.argv.slice(2);
const root = resolve(modules, 'node_modules');
const {default: puppeteer} = await import(pathToFileURL(join(root, 'puppeteer-core/lib/esm/puppeteer/puppeteer-core.js')));
let failed = 0;

function check(holds, what) {
	console.log((holds ? 'ok    ' : 'FAIL  ') + what);
	failed += !holds;
}

// ---- Traces ----

// What must hold of the events themselves: a list of what does not.
function faults_of(events) {
	const tracks = new Map(), flows = new Map(), faults = [];
	for (const event of events) {
		if (event.ph === 'M' || event.ph === 'C')
			continue;
		const key = event.pid + ':' + event.tid;
		const track = tracks.get(key) || {open: [], last: 0};
		tracks.set(key, track);
		if (event.ts < track.last)
			faults.push(`track ${key} goes back from ${track.last} to ${event.ts}`);
		track.last = event.ts;
		const flow = event.cat + '/' + event.name + '/' + event.id;
		if (event.ph === 'B')
			track.open.push(event.name);
		else if (event.ph === 'E' && track.open.pop() !== event.name)
			faults.push(`track ${key} ends '${event.name}' at ${event.ts}, which is not what is open`);
		else if (event.ph === 's')
			flows.set(flow, event.ts);
		else if (event.ph === 'f' && !(flows.get(flow) <= event.ts))
			faults.push(`the flow ${flow} ends at ${event.ts} without having begun`);
	}
	for (const [key, track] of tracks)
		if (track.open.length)
			faults.push(`track ${key} leaves '${track.open}' open`);
	return faults;
}

// Speedscope's files over HTTP: it loads a profile by URL.
function serve(folder, profile) {
	const types = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json'};
	const server = createServer((request, response) => {
		const path = new URL(request.url, 'http://x').pathname;
		const file = path === '/profile.json' ? profile : join(folder, path === '/' ? 'index.html' : path);
		if (!existsSync(file)) {
			response.writeHead(404).end();
			return;
		}
		response.writeHead(200, {'Content-Type': types[extname(file)] || 'application/octet-stream'}).end(readFileSync(file));
	});
	return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

// The titles of all profiles, by going from one to the next.
async function titles_of(page, count) {
	const titles = [];
	for (let i = 0; i < count; i++) {
		titles.push(await page.evaluate(() => document.body.innerText));
		await page.keyboard.press('n');
		await page.waitForFunction((before) => document.body.innerText !== before, {timeout: 2000}, titles[i]).catch(() => {});
	}
	return titles;
}

async function view_trace(browser, file) {
	const events = JSON.parse(readFileSync(file)).traceEvents, label = basename(file);
	const faults = faults_of(events);
	check(faults.length === 0, `${label}: ${events.length} events pair up in order of time ${faults.slice(0, 3).join('; ')}`);
	const tracks = new Set(events.filter((e) => e.ph === 'B').map((e) => e.pid + ':' + e.tid));
	const names = events.filter((e) => e.ph === 'M' && e.name === 'thread_name' && tracks.has(e.pid + ':' + e.tid)).map((e) => e.args.name);
	const server = await serve(join(root, 'speedscope/dist/release'), resolve(file));
	const url = 'http://127.0.0.1:' + server.address().port;
	const page = await browser.newPage();
	const said = [];
	page.on('console', (m) => said.push(m.text()));
	page.on('pageerror', (e) => said.push(String(e)));
	await page.goto(url + '/#profileURL=' + encodeURIComponent(url + '/profile.json'));
	// One profile alone is not counted; its title is the page's.
	if (tracks.size > 1)
		await page.waitForFunction(() => /\(\d+\/\d+\)/.test(document.body.innerText), {timeout: 30000}).catch(() => {});
	const shown = /\((\d+)\/(\d+)\)/.exec(await page.evaluate(() => document.body.innerText));
	check(tracks.size <= 1 || (shown && +shown[2] === tracks.size), `${label}: speedscope shows ${shown ? shown[2] : 'no'} tracks of ${tracks.size}`);
	if (tracks.size > 1 && tracks.size <= MOST_TRACKS) {
		const titles = await titles_of(page, tracks.size);
		const missing = names.filter((name) => !titles.some((title) => title.includes(name)));
		check(names.length === tracks.size && missing.length === 0, `${label}: they are ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', ...' : ''} ${missing.length ? 'but not ' + missing : ''}`);
	}
	const complaints = said.filter((line) => /Tried to|error|unexpected|mismatch/i.test(line));
	check(complaints.length === 0, `${label}: it has nothing to complain of ${complaints.slice(0, 2).join('; ')}`);
	await page.close();
	server.close();
}

// ---- Reports ----

// Numbers of a result that its page must show: of each variant (run, sweep), point (plan), model (advise), row (validate).
function figures_of(result) {
	const figures = [];
	const add = (value) => typeof value === 'number' && figures.push(value);
	for (const one of Array.isArray(result) ? result : [result]) {
		for (const variant of one.variants || [])
			[variant.makespan_s, variant.speedup, variant.throughput_per_s, variant.sojourn_s.p50, variant.sojourn_s.p99, variant.completed].forEach(add);
		for (const point of one.asked || [])
			point.objectives.forEach((objective) => add(objective.mean));
		for (const rate of one.rates || [])
			rate.asked.forEach((asked) => add(asked.rate_per_s));
		for (const model of one.ranking || [])
			add(model.value);
		for (const row of one.rows || [])
			if (row.metric === 'makespan')
				[row.predicted, row.measured.median, row.error].forEach(add);
	}
	return figures;
}

async function check_tables(page, label, result) {
	const figures = figures_of(JSON.parse(readFileSync(result)));
	const cells = await page.$$eval('td[data-value]', (all) => all.map((cell) => parseFloat(cell.dataset.value)));
	const there = new Set(cells.filter((value) => value !== null).map((value) => value.toPrecision(9)));
	const missing = figures.filter((value) => !there.has(value.toPrecision(9)));
	check(figures.length > 0 && missing.length === 0, `${label}: its tables hold all ${figures.length} figures of ${basename(result)} ${missing.slice(0, 3)}`);
}

async function check_timeline(page, label) {
	const slices = await page.evaluate(() => window.gilsim_timeline.rows.reduce((n, row) => n + (row.slices ? row.slices.length / 4 : 0), 0));
	const slowest = await page.evaluate(() => {
		const timeline = window.gilsim_timeline, end = timeline.window()[1];
		let slowest = 0;
		for (let i = 0; i < 60; i++) {
			timeline.zoom(i < 30 ? 0.8 : 1.25, end * 0.3);
			const start = performance.now();
			timeline.draw();
			slowest = Math.max(slowest, performance.now() - start);
		}
		return slowest;
	});
	check(slowest < FRAME_MS, `${label}: of ${slices} slices, the slowest of 60 zoomed frames takes ${slowest.toFixed(1)} ms`);
	const window_of = () => page.evaluate(() => window.gilsim_timeline.window());
	await page.evaluate(() => window.gilsim_timeline.show(0, 1e18));
	await page.focus('#timeline');
	let before = await window_of();
	await page.keyboard.press('+');
	await page.keyboard.press('ArrowRight');
	let after = await window_of();
	check(after[1] - after[0] < before[1] - before[0] && after[0] > before[0], `${label}: the keys zoom and move`);
	await page.keyboard.press('Home');
	before = await window_of();
	await page.click('button[data-action="in"]');
	after = await window_of();
	check(after[1] - after[0] < before[1] - before[0], `${label}: the buttons zoom`);
	await page.click('button[data-action="all"]');
	const spot = await page.evaluate(() => {
		const timeline = window.gilsim_timeline, row = timeline.rows.find((r) => r.slices && r.slices.length > 0);
		// A timeline of many lanes is higher than the window.
		window.scrollTo(0, document.getElementById('timeline').getBoundingClientRect().top + window.scrollY + row.y - 300);
		const now = document.getElementById('timeline').getBoundingClientRect();
		let longest = 0;
		for (let i = 0; i < row.slices.length; i += 4)
			longest = row.slices[i + 1] > row.slices[longest + 1] ? i : longest;
		return {x: now.x + timeline.x_of(row.slices[longest] + row.slices[longest + 1] / 2), y: now.y + row.y + 12};
	});
	await page.mouse.move(spot.x, spot.y);
	const tip = await page.$eval('#tip', (t) => t.style.display === 'block' ? t.textContent : '');
	check(/from .*s/.test(tip), `${label}: under the pointer: ${tip.replace(/\n/g, ', ')}`);
	before = await window_of();
	await page.mouse.wheel({deltaY: -400});
	await page.waitForFunction((length) => {
		const [from, to] = window.gilsim_timeline.window();
		return to - from < length;
	}, {timeout: 5000}, before[1] - before[0]).catch(() => {});
	after = await window_of();
	check(after[1] - after[0] < before[1] - before[0], `${label}: the wheel zooms`);
}

async function view_report(browser, file, result) {
	const page = await browser.newPage(), label = basename(file);
	const errors = [], requests = [];
	page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
	page.on('pageerror', (e) => errors.push(String(e)));
	page.on('request', (r) => !r.url().startsWith('data:') && requests.push(r.url()));
	await page.setViewport({width: 1000, height: 900});
	await page.goto(pathToFileURL(resolve(file)).href);
	const answer = await page.$eval('.answer', (p) => p.textContent).catch(() => '');
	check(answer.length > 20 || !result, `${label}: answers: ${answer}`);
	const pictures = await page.$$eval('figure img', (all) => all.map((i) => i.naturalWidth > 0 && i.alt.length > 0));
	check(pictures.length > 0 && pictures.every((p) => p), `${label}: ${pictures.length} pictures, each with a text`);
	const links = await page.$$eval('nav a', (all) => all.map((a) => a.getAttribute('href')));
	const dangling = await page.evaluate((all) => all.filter((a) => !document.querySelector(a)), links);
	check(links.length > 0 && dangling.length === 0, `${label}: sections ${links.join(' ')} ${dangling.length ? 'of which are missing: ' + dangling : ''}`);
	if (result)
		await check_tables(page, label, result);
	if (await page.$('#timeline'))
		await check_timeline(page, label);
	const papers = [];
	for (const scheme of ['light', 'dark']) {
		await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
		papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
	}
	check(papers[0] !== papers[1], `${label}: light (${papers[0]}) and dark (${papers[1]})`);
	await page.setViewport({width: 480, height: 800});
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	check(wide <= 0, `${label}: nothing sticks out of a narrow window (${wide} px)`);
	const printed = await page.pdf({width: '210mm', height: '297mm', printBackground: true});
	check(printed.length > 1000, `${label}: prints`);
	check(errors.length === 0, `${label}: no console error ${errors.join('; ')}`);
	check(requests.length === 1, `${label}: nothing is fetched but the file (${requests.length} request)`);
	await page.close();
}

const browser = await puppeteer.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
	args: ['--no-sandbox', '--disable-gpu']});
try {
	for (const file of files) {
		const [path, result] = file.split('=');
		await (path.endsWith('.html') ? view_report(browser, path, result) : view_trace(browser, path));
	}
} finally {
	await browser.close();
}
process.exit(failed ? 1 : 0);
