# backlog.gp - counters over time, a panel a run. Data: backlog.tsv.

unset title
unset label 1000
set key outside right top vertical samplen 2 font ',9'
set rmargin 32
if (dumb) { set key inside top right; set rmargin 3 }
set xrange [from_s * time_scale:to_s * time_scale]
set yrange [0:*]
set ylabel 'how many'
set tmargin 2
# The rows of one series stand between those of others: they are no gaps.
set datafile missing NaN
set multiplot title title font title_font
do for [panel = 1:panel_count] {
	headroom = 1 - 26.0 / (130 + 190 * panel_count)
	# The foot takes the same height however many panels there are.
	foot_share = dumb ? 0.08 : (foot_height + 1) * 17.0 / (130 + 190 * panel_count)
	set size 1,(headroom - foot_share) / panel_count
	set origin 0,foot_share + (panel_count - panel) * (headroom - foot_share) / panel_count
	set title value('panel_'.panel) font ',11' offset 0,-0.5
	set bmargin 3
	set xlabel (panel == panel_count ? 'time ['.time_unit.']' : '')
	mine = ''
	do for [s in series] { if (value('panel_of_'.s) == panel) { mine = mine.' '.s } }
	plot for [i = 1:words(mine)] file('backlog.tsv') \
		using (column('time_s') * time_scale):(column('series') == int(word(mine, i)) ? column('value') : NaN) \
		with steps linestyle series_style(value('style_'.word(mine, i))) dashtype solid linewidth 1.4 title value('series_'.word(mine, i))
	unset label 1001
	unset label 1002
}
unset multiplot
