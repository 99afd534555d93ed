# scalability.gp - throughput with the Universal Scalability Law fitted to it. Data: scalability.csv.

set xlabel axis
set ylabel 'throughput [1/s]'
set yrange [0:*]
right = peak_n == peak_n && peak_n < 3 * last_n ? (peak_n > last_n ? peak_n * 1.15 : last_n * 1.05) : last_n * 1.3
set xrange [0:right]
set key outside below center horizontal samplen 3.5 font ',10'
if (dumb) { set key inside bottom right }
if (!dumb) { set bmargin 8 + note_lines }
law(n) = lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
has_peak = peak_n == peak_n && peak_n <= right
if (has_peak) {
	set arrow 1 from peak_n,0 to peak_n,peak_throughput nohead dashtype 3 linewidth 1.5 linecolor rgb '#404040'
	set label 1 sprintf('peak at %.3g', peak_n) at peak_n,peak_throughput offset 0,1 center
}
set offsets 0, 0, graph 0.12, 0
plot lambda * x with lines linecolor rgb '#808080' linewidth 1 dashtype 3 title 'linear', \
	law(x) with lines linestyle 2 title 'fitted law', \
	file('scalability.csv') using 'n':'throughput_per_s' with points linestyle 1 pointsize 1.2 title 'simulated'
