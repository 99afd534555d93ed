# plan.gp - how far inside its objectives each point that was asked is. Data: plan.tsv.
#
# What holds is a full disc, what fails a cross, what is undecided a ring: without colour they differ in shape.

set xlabel axis
set ylabel 'margin of what binds [%]'
if (is_logarithmic) { set logscale x } else { set xrange [least_x - 0.05 * (most_x - least_x + (most_x == least_x)):most_x + 0.05 * (most_x - least_x + (most_x == least_x))] }
set yrange [*:*]
set offsets 0, 0, graph 0.08, graph 0.04
if (answer_x == answer_x) {
	set arrow 1 from answer_x,graph 0 to answer_x,graph 1 nohead dashtype 3 linewidth 1.5 linecolor rgb '#404040'
	answer_text = (is_rate ? 'holds up to ' : 'answer: ').sprintf('%.4g', answer_x)
	if (answer_x > 0.5 * (least_x + most_x)) {
		set label 2 answer_text at answer_x,graph 0.05 right offset -0.7,0 font ',10'
	} else {
		set label 2 answer_text at answer_x,graph 0.05 left offset 0.7,0 font ',10'
	}
}
if (knee_x == knee_x && knee_x >= least_x && knee_x <= most_x) {
	set arrow 3 from knee_x,graph 0 to knee_x,graph 1 nohead dashtype 2 linewidth 1 linecolor rgb '#808080'
	set label 4 sprintf('knee: %.4g', knee_x) at knee_x,graph 0.12 left offset 0.7,0 font ',10'
}
has_lines = is_rate && series_count > 1
legend_rows = ceil((4 + (has_lines ? series_count : 0)) / 4.0)
eval(LEGEND)
set key maxcols 4
if (dumb) { set key inside bottom right }
of(d) = stringcolumn('decision') eq d ? column('x') : NaN
plot 0 with lines linecolor rgb '#a00000' linewidth 1.5 dashtype 2 title 'the limit', \
	for [i = 1:(is_rate ? series_count : 0)] file('plan.tsv') using (column('series') == i ? column('x') : NaN):(100 * column('margin')) \
		smooth unique with lines linestyle series_style(i) linewidth 1 title (has_lines ? value('label_'.i) : ''), \
	(dumb ? '/dev/null' : file('plan.tsv')) using 'x':(100 * column('margin')):(100 * column('low')):(100 * column('high')) with yerrorbars pointtype 0 linecolor rgb '#808080' notitle, \
	file('plan.tsv') using (of('fails')):(100 * column('margin')) with points pointtype 2 pointsize 1.2 linewidth 2 linecolor rgb '#d55e00' title 'fails', \
	file('plan.tsv') using (of('undecided')):(100 * column('margin')) with points pointtype 6 pointsize 1.5 linewidth 2 linecolor rgb '#000000' title 'undecided', \
	file('plan.tsv') using (of('holds')):(100 * column('margin')) with points pointtype 7 pointsize 1.3 linecolor rgb '#0072b2' title 'holds'
