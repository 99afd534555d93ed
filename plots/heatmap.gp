# heatmap.gp - a metric over two axes. Data: cells.tsv, border.tsv, x_tics.tsv, y_tics.tsv.
#
# Light is low and dark is high (viridis, whose lightness alone orders it), and each cell says its value.

stats file('cells.tsv') using 5 skip 1 nooutput
set palette defined (0 '#fde725', 1 '#7ad151', 2 '#22a884', 3 '#2a788e', 4 '#414487', 5 '#440154')
stats file('y_tics.tsv') using (strlen(stringcolumn('label'))) name 'Y_LABELS' nooutput
set xlabel (dumb ? x_title.'; upwards: '.y_title : x_title) offset 0,-1
set ylabel y_title offset -Y_LABELS_max,0
set cblabel metric_title
set xrange [-0.5:x_count - 0.5]
set yrange [-0.5:y_count - 0.5]
unset grid
set border 0
set tics scale 0
unset xtics
unset ytics
set key off
set lmargin 7 + Y_LABELS_max
set rmargin (dumb ? 4 : 14)
set offsets 0, 0, 0, 0
span = STATS_max > STATS_min ? STATS_max - STATS_min : 1
set cbrange [STATS_min * value_scale:(STATS_min + span) * value_scale]
if (STATS_min > 0 && STATS_max / STATS_min > 30) { set logscale cb }
shade(v) = STATS_min > 0 && STATS_max / STATS_min > 30 ? log(v / STATS_min) / log(STATS_max / STATS_min) : (v - STATS_min) / span
text(v) = abs(v * value_scale) >= 1000 ? sprintf('%.0f', v * value_scale) : sprintf('%.3g', v * value_scale)
# Many columns leave no room beside the value.
label(v, is_best) = is_best > 0 ? (x_count > 12 ? '★' : text(v).' ★') : text(v)
if (dumb) { unset colorbox }
plot (dumb ? '/dev/null' : file('cells.tsv')) using 'x_index':'y_index':(column('x_index') - 0.49):(column('x_index') + 0.49):(column('y_index') - 0.48):(column('y_index') + 0.48):(column('value') * value_scale) with boxxyerror fillcolor palette, \
	file('cells.tsv') using (shade(column('value')) > 0.45 ? column('x_index') : NaN):'y_index':(label(column('value'), column('is_best'))) with labels font ',9' textcolor rgb '#ffffff', \
	file('cells.tsv') using (shade(column('value')) > 0.45 ? NaN : column('x_index')):'y_index':(label(column('value'), column('is_best'))) with labels font ',9' textcolor rgb '#000000', \
	has_border ? file('border.tsv') : '/dev/null' using 1:2:3:4 skip 1 with vectors nohead linewidth 4 linecolor rgb '#d00000', \
	file('x_tics.tsv') using 'index':(-0.5):(stringcolumn('label')) with labels offset 0,-0.8, \
	file('y_tics.tsv') using (-0.5):'index':(stringcolumn('label')) with labels right offset -0.8,0
