# advice.gp - a bar a model, each at its best size. Data: advice.tsv.

set xlabel value
set yrange [-bar_count - 0.6:-0.4]
set xrange [0:longest * 1.22]
unset ytics
set border 1
set key off
set lmargin (dumb ? 28 : label_width)
short(v) = v >= 1000 ? sprintf('%.0f', v) : sprintf('%.3g', v)
# "524, 1.57x": the value, and how far behind the answer it is.
text(v, behind) = short(v * value_scale).(behind == behind && abs(behind - 1) >= 0.005 ? sprintf(', %.2fx', behind) : '')
bar(shown) = shown ? 0.5 * column('value') * value_scale : NaN
plot file('advice.tsv') using (bar(column('is_winner') == 0 && column('needs_more') == 0)):(-column('y')):(0):(column('value') * value_scale):(-column('y') - 0.32):(-column('y') + 0.32) \
		with boxxyerror fillcolor rgb series_color[7] fillstyle solid noborder, \
	file('advice.tsv') using (bar(column('is_winner') == 1)):(-column('y')):(0):(column('value') * value_scale):(-column('y') - 0.32):(-column('y') + 0.32) \
		with boxxyerror fillcolor rgb series_color[1] fillstyle solid noborder, \
	file('advice.tsv') using (bar(column('needs_more') == 1)):(-column('y')):(0):(column('value') * value_scale):(-column('y') - 0.32):(-column('y') + 0.32) \
		with boxxyerror linecolor rgb '#404040' dashtype 2 linewidth 1.4 fillstyle empty, \
	file('advice.tsv') using (column('value') * value_scale):(-column('y')):(text(column('value'), column('behind'))) with labels left offset (dumb ? 1.6 : 0.7),0, \
	file('advice.tsv') using (0):(-column('y')):(stringcolumn('label')) with labels right offset -0.8,0
