# breakdown.gp - where the time of a task goes, a stacked bar a variant. Data: breakdown.csv.

set xlabel 'mean time of a task ['.time_unit.']'
set yrange [-bar_count - 0.6:-0.4]
set xrange [0:*]
unset ytics
set border 1
set lmargin 24
set key outside below center horizontal samplen 1.6 font ',10' maxrows 4
if (!dumb) { set bmargin 10 + note_lines }
share_text(share) = share >= 0.085 ? sprintf('%.0f %%', 100 * share) : ''
plot for [p in parts] file('breakdown.csv') \
		using (0.5 * (column('start_s') + column('end_s')) * time_scale):(stringcolumn('part') eq p ? column('y') : NaN):(column('start_s') * time_scale):(column('end_s') * time_scale):(column('y') - 0.36):(column('y') + 0.36) \
		with boxxyerror fillcolor rgb value('color_'.p) fillstyle solid border linecolor rgb '#ffffff' title value('title_'.p), \
	file('breakdown.csv') using (is_dark(stringcolumn('part')) ? 0.5 * (column('start_s') + column('end_s')) * time_scale : NaN):'y':(share_text(column('share'))) with labels textcolor rgb '#ffffff' font ',10' notitle, \
	file('breakdown.csv') using (is_dark(stringcolumn('part')) ? NaN : 0.5 * (column('start_s') + column('end_s')) * time_scale):'y':(share_text(column('share'))) with labels textcolor rgb '#000000' font ',10' notitle, \
	file('breakdown.csv') using (column('start_s') == 0 ? 0 : NaN):'y':(stringcolumn('label')) with labels right offset -0.8,0 notitle
