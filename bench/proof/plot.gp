# The plot of bench/proof.md: gnuplot -e "data='FILE.tsv'; image='proof.png'" plot.gp
set terminal pngcairo size 1200,480 font "sans,11" background "#ffffff"
set output image
set datafile separator "\t"
set style line 1 lc rgb "#1b7837" lw 2.5 pt 7 ps 1.2
set style line 2 lc rgb "#1b7837" lw 2 pt 6 ps 1.2 dt 2
set style line 3 lc rgb "#b2182b" lw 2 pt 9 ps 1.2
set style line 4 lc rgb "#e08214" lw 2 pt 5 ps 1.2
set multiplot layout 1,2
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set key below maxrows 4 samplen 2
set bmargin 9

# 0 % is drawn at 0.03 %: a logarithm has no room for it.
set title "The same software twice: runs that accuse it (300 s, looked at after every pair)"
set logscale y
set yrange [0.02:150]
set ytics ("0 %%" 0.03, "0.1 %%" 0.1, "1 %%" 1, "10 %%" 10, "100 %%" 100)
set xrange [-0.5:5.5]
set xtics ("none" 0, "≤ 1 s" 1, "1 s" 2, "3 s" 3, "10 s" 4, "30 s" 5)
set xlabel "disturbances of one instance, every 20 s"
set arrow 1 from -0.5,1 to 5.5,1 nohead lc rgb "#666666" dt 3 lw 1.5
set label 1 "α = 1 %" at 4.55,0.72 tc rgb "#666666"
shown(x) = x > 0 ? 100 * x : 0.03
rows = sprintf("< awk -F'\\t' '$1 == \"alarm\" && $4 == 20 && $5 == 1 { print n++ \"\\t\" $0 }' '%s'", data)
plot rows using 1:(shown($7)) with linespoints ls 1 title "truemirror, burst 1 s", \
     rows using 1:(shown($8)) with linespoints ls 2 title "truemirror, burst as long as they are", \
     rows using 1:(shown($9)) with linespoints ls 3 title "Diffy's rule", \
     rows using 1:(shown($11)) with linespoints ls 4 title "Mann-Whitney"

unset logscale
unset label 1
unset arrow 1
set title "A regression: runs of truemirror that have found it"
set logscale x
set xrange [300:300000]
set yrange [0:105]
set ytics ("0 %%" 0, "50 %%" 50, "100 %%" 100)
set xtics ("300" 300, "1,000" 1000, "3,000" 3000, "10,000" 10000, "30,000" 30000, "100,000" 100000, "300,000" 300000)
set xlabel "pairs, 20 a second"
found(name) = sprintf("< awk -F'\\t' '$1 == \"found\" && $2 == \"%s\" && $3 == 20' '%s'", name, data)
plot found("p99 doubled") using 5:(100 * $4) with steps ls 2 lc rgb "#762a83" title "p99 doubled", \
     found("1 % of pairs diverge anew") using 5:(100 * $4) with steps ls 1 title "1 % new divergence", \
     found("0.5 % more errors") using 5:(100 * $4) with steps ls 3 lw 2.5 title "0.5 % more errors", \
     found("p99 20 % slower") using 5:(100 * $4) with steps ls 4 lw 2.5 title "p99 20 % slower"
unset multiplot
