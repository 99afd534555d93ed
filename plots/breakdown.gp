# breakdown.gp - where the time of a task goes, a stacked bar a variant. Data: breakdown.tsv.

set xlabel 'mean time of a task ['.time_unit.']'
set yrange [-bar_count - 0.6:-0.4]
set xrange [0:longest_s * time_scale * 1.02]
unset ytics
set border 1
set lmargin (dumb ? 24 : label_width)
legend_rows = ceil(words(parts) / 2.0)
eval(LEGEND)
set key samplen 1.6 maxcols 2
# Only where it fits: the width of the text on the axis, not the share of the bar.
share_text(share, length_s) = length_s / longest_s >= 0.075 ? sprintf('%.0f %%', 100 * share) : ''
plot for [p in parts] file('breakdown.tsv') \
		using (0.5 * (column('start_s') + column('end_s')) * time_scale):(stringcolumn('part') eq p ? column('y') : NaN):(column('start_s') * time_scale):(column('end_s') * time_scale):(column('y') - 0.36):(column('y') + 0.36) \
		with boxxyerror fillcolor rgb value('color_'.p) fillstyle solid border linecolor rgb '#ffffff' title value('title_'.p), \
	file('breakdown.tsv') using (is_dark(stringcolumn('part')) ? 0.5 * (column('start_s') + column('end_s')) * time_scale : NaN):'y':(share_text(column('share'), column('end_s') - column('start_s'))) with labels textcolor rgb '#ffffff' font ',10' notitle, \
	file('breakdown.tsv') using (is_dark(stringcolumn('part')) ? NaN : 0.5 * (column('start_s') + column('end_s')) * time_scale):'y':(share_text(column('share'), column('end_s') - column('start_s'))) with labels textcolor rgb '#000000' font ',10' notitle, \
	file('breakdown.tsv') using (column('start_s') == 0 ? 0 : NaN):'y':(stringcolumn('label')) with labels right offset -0.8,0 notitle
