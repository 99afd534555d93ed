# validation.gp - predicted against measured, and the signed error of each row. Data: points.tsv, errors.tsv.

unset title
unset label 1000
set multiplot title title font title_font
set key inside top left samplen 1 font ',9'
set size 0.46,0.9
set origin 0,0.04
set lmargin 9
set logscale xy
set format xy '%g'
set xlabel 'measured'.unit
set ylabel 'predicted'.unit
set rmargin 1
set style fill transparent solid 0.25 noborder
set xrange [least_median / 1.6:most_median * 1.6]
set yrange [least_median / 1.6:most_median * 1.6]
set samples 200
plot '+' using 1:($1 / 1.05):($1 * 1.05) with filledcurves fillcolor rgb '#009e73' title '± 5 %', \
	x with lines linecolor rgb '#808080' linewidth 1 notitle, \
	file('points.tsv') using 'median':'predicted':'min':'max' with xerrorbars pointtype 7 pointsize 0.6 linecolor rgb series_color[1] title 'median, and spread'
unset label 1001
unset label 1002
unset logscale
set size 0.54,0.9
set origin 0.46,0.04
set key off
set lmargin 30
set rmargin 2
set xlabel 'error of the prediction [%]'
unset ylabel
unset ytics
set border 1
set style fill solid 1 noborder
reach = largest_error * 110 < 6 ? 6 : largest_error * 110
set xrange [-reach:reach]
set yrange [-0.8:row_count - 0.2]
set object 1 rectangle from -5,graph 0 to 5,graph 1 behind fillcolor rgb '#d5ece5' fillstyle solid noborder
plot file('errors.tsv') using (50 * column('error_ratio')):'y':(column('error_ratio') < 0 ? 100 * column('error_ratio') : 0):(column('error_ratio') < 0 ? 0 : 100 * column('error_ratio')):(column('y') - 0.35):(column('y') + 0.35) with boxxyerror fillcolor rgb series_color[2], \
	file('errors.tsv') using (-reach):'y':(stringcolumn('label')) with labels right offset -0.5,0 font ',8'
unset multiplot
