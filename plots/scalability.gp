# scalability.gp - throughput with the Universal Scalability Law fitted to it. Data: scalability.tsv.

set xlabel axis
set ylabel 'throughput [1/s]'
set yrange [0:highest * 1.25]
right = peak_n == peak_n && peak_n < 3 * last_n ? (peak_n > last_n ? peak_n * 1.15 : last_n * 1.05) : last_n * 1.3
set xrange [0:right]
legend_rows = 1
eval(LEGEND)
if (dumb) { set key inside bottom right }
law(n) = lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
has_peak = peak_n == peak_n && peak_n <= right
if (has_peak) {
	set arrow 1 from peak_n,0 to peak_n,peak_throughput nohead dashtype 3 linewidth 1.5 linecolor rgb '#404040'
	set label 1 sprintf('peak at %.3g', peak_n) at peak_n,peak_throughput offset 0,1 center
}
plot lambda * x with lines linecolor rgb '#808080' linewidth 1 dashtype 3 title 'linear', \
	law(x) with lines linestyle 2 title 'fitted law', \
	file('scalability.tsv') using 'n':'throughput_per_s' with points linestyle 1 pointsize 1.2 title 'simulated'
