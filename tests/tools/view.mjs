// view.mjs MODULES TRACE.json... REPORT.html - opens traces in speedscope and a report, in Debian's headless Chromium.
//
// MODULES is a folder with npm's speedscope and puppeteer-core in node_modules:
//	npm install --prefix MODULES --ignore-scripts speedscope puppeteer-core
// A trace must import with a profile for each thread; a report must have no console error and fetch nothing, must zoom,
// tell what is under the pointer, and draw a zoomed frame in less than 100 ms. Exit status 1 when one does not hold.
import {createServer} from 'node:http';
import {readFileSync, existsSync} from 'node:fs';
import {join, resolve, extname} from 'node:path';
import {pathToFileURL} from 'node:url';

const [modules, ...files] = process.argv.slice(2);
const root = resolve(modules, 'node_modules');
const {default: puppeteer} = await import(pathToFileURL(join(root, 'puppeteer-core/lib/esm/puppeteer/puppeteer-core.js')));
let failed = 0;

function check(holds, what) {
	console.log((holds ? 'ok    ' : 'FAIL  ') + what);
	failed += !holds;
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

async function view_trace(browser, file) {
	const events = JSON.parse(readFileSync(file)).traceEvents;
	const tracks = new Set(events.filter((e) => e.ph === 'B').map((e) => e.pid + ':' + e.tid));
	const server = await serve(join(root, 'speedscope/dist/release'), resolve(file));
	const url = 'http://127.0.0.1:' + server.address().port;
	const page = await browser.newPage();
	const said = [];
	page.on('console', (m) => said.push(m.text()));
	page.on('pageerror', (e) => said.push(String(e)));
	await page.goto(url + '/#profileURL=' + encodeURIComponent(url + '/profile.json'));
	await page.waitForFunction(() => /\(\d+\/\d+\)/.test(document.body.innerText), {timeout: 30000}).catch(() => {});
	const text = await page.evaluate(() => document.body.innerText);
	const shown = /\((\d+)\/(\d+)\)/.exec(text);
	check(shown && +shown[2] === tracks.size, `${file}: speedscope shows ${shown ? shown[2] : 'no'} tracks of ${tracks.size}`);
	const complaints = said.filter((line) => /Tried to|error|unexpected|mismatch/i.test(line));
	check(complaints.length === 0, `${file}: it has nothing to complain of ${complaints.slice(0, 2).join('; ')}`);
	await page.close();
	server.close();
}

async function view_report(browser, file) {
	const page = await browser.newPage();
	const errors = [], requests = [];
	page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
	page.on('pageerror', (e) => errors.push(String(e)));
	page.on('request', (r) => !r.url().startsWith('data:') && requests.push(r.url()));
	await page.setViewport({width: 1000, height: 900});
	await page.goto(pathToFileURL(resolve(file)).href);
	check(errors.length === 0, `${file}: no console error ${errors.join('; ')}`);
	check(requests.length === 1, `${file}: nothing is fetched but the file (${requests.length} request)`);
	const pictures = await page.$$eval('figure img', (all) => all.map((i) => i.naturalWidth > 0 && i.alt.length > 0));
	check(pictures.length > 0 && pictures.every((p) => p), `${file}: ${pictures.length} pictures, each with a text`);
	if (!await page.$('#timeline')) {
		await page.close();
		return;
	}
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
	check(slowest < 100, `${file}: of ${slices} slices, the slowest of 60 zoomed frames takes ${slowest.toFixed(1)} ms`);
	await page.evaluate(() => window.gilsim_timeline.show(0, 1e18));
	await page.focus('#timeline');
	const before = await page.evaluate(() => window.gilsim_timeline.window());
	await page.keyboard.press('+');
	await page.keyboard.press('ArrowRight');
	const after = await page.evaluate(() => window.gilsim_timeline.window());
	check(after[1] - after[0] < before[1] - before[0] && after[0] > before[0], `${file}: the keys zoom and move`);
	await page.keyboard.press('Home');
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
	check(/from .*s/.test(tip), `${file}: under the pointer: ${tip.replace(/\n/g, ', ')}`);
	await page.close();
}

const browser = await puppeteer.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
	args: ['--no-sandbox', '--disable-gpu']});
for (const file of files)
	await (file.endsWith('.html') ? view_report : view_trace)(browser, file);
await browser.close();
process.exit(failed ? 1 : 0);
