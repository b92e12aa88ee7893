import Jobs

/// Keeps secrets out of excerpts: each character of the value of a variable that is named like one becomes `*`.
enum SecretMask {
    /// - Parameters:
    ///   - line: a line, or a part of one.
    ///   - isCut: whether the line begins before that part. A name that begins
    ///     there, and the value after it, are not known for what they are, so up to the third quote all is masked.
    static func masked(_ line: [Unicode.Scalar], isCut: Bool) -> [Unicode.Scalar] {
        var masked = line
        if isCut {
            for index in 0..<thirdQuote(in: line) {
                masked[index] = "*"
            }
        }
        for (name, value) in members(of: line) + pairs(of: line) where Job.namesSecret(text(line[name])) {
            for index in value {
                masked[index] = "*"
            }
        }
        return masked
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    // No regular expressions: on a line of nothing but letters they try each beginning of a name anew.

    /// Members of a JSON object, `"NAME": "value"`; the value may be cut off.
    private static func members(of line: [Unicode.Scalar]) -> [(name: Range<Int>, value: Range<Int>)] {
        var members: [(name: Range<Int>, value: Range<Int>)] = []
        var index = 0
        while let open = line[index...].firstIndex(of: "\"") {
            guard let close = line[(open + 1)...].firstIndex(where: { $0 == "\"" || $0 == "\\" }) else { break }
            index = line[close] == "\"" ? close : close + 1
            guard line[close] == "\"", let start = valueStart(in: line, after: close + 1) else { continue }
            var end = start
            while end < line.count, line[end] != "\"" {
                end += line[end] == "\\" ? 2 : 1
            }
            end = min(end, line.count)
            members.append((open + 1..<close, start..<end))
            index = end
        }
        return members
    }

    /// Where a string begins that follows a colon, behind its quote.
    private static func valueStart(in line: [Unicode.Scalar], after place: Int) -> Int? {
        func next(_ index: Int) -> Int? { line[index...].firstIndex { !$0.properties.isWhitespace } }
        guard let colon = next(place), line[colon] == ":", let quote = next(colon + 1), line[quote] == "\"" else {
            return nil
        }
        return quote + 1
    }

    /// Assignments, `NAME=value`, up to a comma or a quote.
    private static func pairs(of line: [Unicode.Scalar]) -> [(name: Range<Int>, value: Range<Int>)] {
        var pairs: [(name: Range<Int>, value: Range<Int>)] = []
        var index = 0
        while let sign = line[index...].firstIndex(of: "=") {
            var start = sign
            while start > index, line[start - 1].isASCII, isNamePart(line[start - 1]) {
                start -= 1
            }
            index = sign + 1
            guard start < sign else { continue }
            let end = line[index...].firstIndex { $0 == "," || $0 == "\"" } ?? line.count
            pairs.append((start..<sign, index..<end))
            index = end
        }
        return pairs
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    /// The place of the third quote that no backslash stands before; the line's length where there are fewer.
    private static func thirdQuote(in line: [Unicode.Scalar]) -> Int {
        var (index, quotes) = (0, 0)
        while index < line.count {
            quotes += line[index] == "\"" ? 1 : 0
            if quotes == 3 { break }
            index += line[index] == "\\" ? 2 : 1
        }
        return min(index, line.count)
    }
}
