# backlog.gp - counters over time, a panel a run. Data: backlog.tsv.

unset title
set key outside below center horizontal samplen 3 font ',10'
if (dumb) { set key inside top right }
set xrange [from_s * time_scale:to_s * time_scale]
set yrange [0:*]
set ylabel 'how many'
set tmargin 2
# The rows of one series stand between those of others: they are no gaps.
set datafile missing NaN
set multiplot title title font ',13'
do for [panel = 1:panel_count] {
	set size 1,(0.93 - 0.08) / panel_count
	set origin 0,0.06 + (panel_count - panel) * (0.93 - 0.08) / panel_count
	set title value('panel_'.panel) font ',11' offset 0,-0.5
	set bmargin (panel == panel_count ? 5 : 4)
	set xlabel (panel == panel_count ? 'time ['.time_unit.']' : '')
	mine = ''
	do for [s in series] { if (value('panel_of_'.s) == panel) { mine = mine.' '.s } }
	plot for [i = 1:words(mine)] file('backlog.tsv') \
		using (column('time_s') * time_scale):(column('series') == int(word(mine, i)) ? column('value') : NaN) \
		with steps linestyle series_style(i) title value('series_'.word(mine, i))
	unset label 1001
	unset label 1002
}
unset multiplot
