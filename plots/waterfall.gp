# waterfall.gp - how a time adds up: a task's mean, by its parts, or from an ideal run to the predicted one.
# Data: waterfall.tsv.

set xrange [0.4:step_count + 0.6]
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set ylabel value.' ['.time_unit.']'
unset xtics
set key off
if (!dumb) { set bmargin foot_height + 4 }
short(s) = s < 0 ? '-'.short(-s) : s * time_scale >= 100 ? sprintf('%.0f', s * time_scale) : s * time_scale >= 1 ? sprintf('%.3g', s * time_scale) : sprintf('%.2g', s * time_scale)
# Long names go on several lines, of two words each where these fit below their bar, or of one.
pair(s) = word(s, 1).' '.word(s, 2)
first(s) = words(s) > 1 && strlen(pair(s)) <= (step_count > 8 ? 110.0 / step_count : 13) ? pair(s) : word(s, 1)
broken(s) = strlen(s) == strlen(first(s)) ? s : first(s)."\n".broken(s[strlen(first(s)) + 2:*])
plot file('waterfall.tsv') using 'x':(0.5 * (column('start_s') + column('end_s')) * time_scale):(column('x') - 0.36):(column('x') + 0.36):(column('start_s') * time_scale):(column('end_s') * time_scale) \
		with boxxyerror fillcolor rgb series_color[1] fillstyle solid noborder, \
	file('waterfall.tsv') using (column('is_total') > 0 ? column('x') : NaN):(0.5 * column('end_s') * time_scale):(column('x') - 0.36):(column('x') + 0.36):(0):(column('end_s') * time_scale) \
		with boxxyerror fillcolor rgb '#404040' fillstyle solid noborder, \
	file('waterfall.tsv') using (column('is_total') > 0 ? NaN : column('x') + 0.36):(column('end_s') * time_scale):(0.28):(0) with vectors nohead linecolor rgb '#404040' linewidth 0.8, \
	file('waterfall.tsv') using 'x':((column('end_s') > column('start_s') ? column('end_s') : column('start_s')) * time_scale):(short(column('end_s') - column('start_s'))) with labels offset 0,0.8 font ',10', \
	file('waterfall.tsv') using 'x':(0):(broken(stringcolumn('label'))) with labels offset 0,-2.1 font ',9'
