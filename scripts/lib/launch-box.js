/** The box at the end of a start: where everything is, in one look. */

/** Columns a text takes, near enough: our texts have no wide characters. @param {string} text */
const width = (text) => [...text].length;

/**
 * @param {string} title
 * @param {Array<[string, string] | string>} rows a label with its value, or a line of its own
 */
function box(title, rows) {
	const labelWidth = Math.max(0, ...rows.map((row) => (Array.isArray(row) ? width(row[0]) : 0)));
	const lines = rows.map((row) => (Array.isArray(row) ? `${row[0].padEnd(labelWidth)}  ${row[1]}` : row));
	const inner = Math.max(width(title) + 1, ...lines.map(width));
	const line = (text) => `│ ${text}${' '.repeat(inner - width(text))} │`;
	return [`╭─ ${title} ${'─'.repeat(inner - width(title) - 1)}╮`, line(''), ...lines.map(line), line(''), `╰${'─'.repeat(inner + 2)}╯`].join('\n');
}

/** "an hour is a minute" @param {number} speed */
function speedInWords(speed) {
	const hour = 3600 / speed;
	if (speed === 1) return 'time runs at its usual pace';
	if (hour === 60) return `time runs ${speed} ×: an hour is a minute`;
	if (hour >= 60) return `time runs ${speed} ×: an hour is ${Number((hour / 60).toFixed(1))} minutes`;
	return `time runs ${speed} ×: an hour is ${Number(hour.toFixed(1))} seconds`;
}

module.exports = { box, speedInWords };
