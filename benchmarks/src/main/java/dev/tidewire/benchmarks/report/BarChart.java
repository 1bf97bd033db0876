package dev.tidewire.benchmarks.report;

import java.util.List;
import java.util.Locale;

/** Bars as an SVG document. */
record BarChart(String title, List<Bar> bars) {
    private static final int WIDTH = 760;
    private static final int LABELS = 150;
    private static final int NUMBERS = 110;
    private static final int HEAD = 44;
    private static final int ROW = 26;
    private static final int BAR = 18;
    private static final String OURS = "#0b7a75";
    private static final String OTHERS = "#9aa5b1";

    record Bar(String label, double value, String written, boolean ours) {}

    String svg() {
        int height = HEAD + ROW * bars.size() + 12;
        double longest = bars.stream().mapToDouble(Bar::value).max().orElse(1);
        StringBuilder svg = new StringBuilder();
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                .formatted(WIDTH, height, WIDTH, height));
        svg.append(" font-family=\"sans-serif\" font-size=\"13\">\n");
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        svg.append("<text x=\"12\" y=\"26\" font-size=\"15\" font-weight=\"bold\" fill=\"#1f2933\">%s</text>\n"
                .formatted(escaped(title)));
        for (int i = 0; i < bars.size(); i++) {
            svg.append(row(bars.get(i), HEAD + ROW * i, longest));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String row(Bar bar, int top, double longest) {
        double length = Math.max(1, bar.value() / longest * (WIDTH - LABELS - NUMBERS));
        int baseline = top + BAR - 4;
        return String.format(
                Locale.ROOT,
                """
                <text x="%d" y="%d" text-anchor="end" fill="#1f2933">%s</text>
                <rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>
                <text x="%.1f" y="%d" fill="#1f2933">%s</text>
                """,
                LABELS - 8,
                baseline,
                escaped(bar.label()),
                LABELS,
                top,
                length,
                BAR,
                bar.ours() ? OURS : OTHERS,
                LABELS + length + 6,
                baseline,
                escaped(bar.written()));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
