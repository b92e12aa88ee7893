import Foundation
import Platform

/// A parsed commit object.
///
/// Only the tree and the parents must be valid, as in git's own walks. Damaged people, dates and encodings count as
/// unknown. <https://git-scm.com/docs/git-commit-tree>; `commit.c`, `ident.c` and `pretty.c` in git.
struct CommitObject {
    /// Why the bytes are not a valid commit.
    struct Malformed: Error {
        let reason: String
    }

    let tree: ObjectID
    let parents: [ObjectID]
    /// The committer's time by which `git log` sorts, in seconds since 1970; 0 if it can't be read.
    let time: Int64

    private let bytes: [UInt8]
    private var authorLine: Range<Int>?
    private var committerLine: Range<Int>?
    private var encodingLine: Range<Int>?
    private let messageStart: Int

    init(_ bytes: [UInt8]) throws(Malformed) {
        self.bytes = bytes
        var lines = Lines(bytes: bytes)
        guard let first = lines.next(), let tree = Self.id(bytes[first], after: Self.treeKey) else {
            throw Malformed(reason: "it names no tree")
        }
        var parents: [ObjectID] = []
        var line = lines.next()
        while let current = line, bytes[current].starts(with: Self.parentKey) {
            guard let parent = Self.id(bytes[current], after: Self.parentKey) else {
                throw Malformed(reason: "it names a parent that is no object")
            }
            parents.append(parent)
            line = lines.next()
        }
        (self.tree, self.parents) = (tree, parents)
        var (sortTime, previous): (Int64, Range<Int>?) = (0, nil)
        while let current = line, !current.isEmpty {
            if let value = Self.value(bytes, current, Self.authorKey) {
                // Of two authors, `git log` shows the last.
                authorLine = value
            } else if let value = Self.value(bytes, current, Self.committerKey) {
                if committerLine == nil, let previous, Self.value(bytes, previous, Self.authorKey) == authorLine {
                    sortTime = Self.sortTime(bytes[value])
                }
                committerLine = value
            } else if let value = Self.value(bytes, current, Self.encodingKey) {
                encodingLine = encodingLine ?? value
            }
            previous = current
            line = lines.next()
        }
        time = sortTime
        messageStart = lines.start
    }

    private static let (treeKey, parentKey) = (Array("tree ".utf8), Array("parent ".utf8))
    private static let (authorKey, committerKey) = (Array("author ".utf8), Array("committer ".utf8))
    private static let encodingKey = Array("encoding ".utf8)

    /// The lines of the header without line breaks.
    private struct Lines {
        let bytes: [UInt8]
        private(set) var start = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func next() -> Range<Int>? {
            guard start < bytes.count else { return nil }
            let end = CommitObject.index(of: 0x0A, in: bytes, from: start)
            defer { start = min(end + 1, bytes.count) }
            return start..<end
        }
    }

    /// The index of the next such byte, or the end. Uses `memchr`, since a header may have many lines.
    private static func index(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
            else { return bytes.count }
            return unsafe base.distance(to: UnsafeRawPointer(found))
        }
    }

    private static func id(_ line: ArraySlice<UInt8>, after key: [UInt8]) -> ObjectID? {
        line.starts(with: key) ? ObjectID(digits: line.dropFirst(key.count)) : nil
    }

    private static func value(_ bytes: [UInt8], _ line: Range<Int>, _ key: [UInt8]) -> Range<Int>? {
        bytes[line].starts(with: key) ? line.lowerBound + key.count..<line.upperBound : nil
    }
}

extension CommitObject {
    func author(_ mailmap: Mailmap) -> Signature { signature(authorLine, mailmap) }

    func committer(_ mailmap: Mailmap) -> Signature { signature(committerLine, mailmap) }

    /// How many bytes of a message are kept. The middle of a longer message is left out, since its last lines are the
    /// trailers.
    private static let (longestStart, longestEnd) = (48 << 10, 16 << 10)

    /// The message as UTF-8, up to a zero byte, as in git.
    var message: String {
        var start = messageStart
        while start < bytes.count, bytes[start] == 0x0A {
            start += 1
        }
        let all = bytes[start..<Self.index(of: 0, in: bytes, from: start)]
        guard all.count > Self.longestStart + Self.longestEnd else { return text(all) }
        let (head, tail) = (all.prefix(Self.longestStart), all.suffix(Self.longestEnd))
        return "\(text(head))\n…\n\(text(tail))"
    }

    private func signature(_ line: Range<Int>?, _ mailmap: Mailmap) -> Signature {
        guard let line, let person = Person(bytes[line]) else {
            return Signature(name: "", mail: "", time: nil, offset: 0)
        }
        let (name, mail) = mailmap.resolve(name: text(person.name), mail: text(person.mail))
        return Signature(name: name, mail: mail, time: person.time, offset: person.offset)
    }

    /// Decodes bytes by the commit's encoding. Bytes that are invalid in it are decoded as repaired UTF-8.
    private func text(_ part: ArraySlice<UInt8>) -> String {
        let name = encodingLine.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "UTF-8"
        let isUnicode = ["utf-8", "utf8"].contains(name.lowercased())
        let converted = isUnicode ? nil : TextEncoding.utf8(Array(part), from: name)
        return String(decoding: converted ?? Array(part), as: UTF8.self)
    }

    /// Parses the time like git's `parse_commit_date`: a number that is too large sorts first.
    private static func sortTime(_ line: ArraySlice<UInt8>) -> Int64 {
        guard let end = line.firstIndex(of: 0x3E) else { return 0 }
        let digits = line[(end + 1)...].drop(while: isSpace).prefix(while: isDigit)
        return digits.isEmpty ? 0 : number(digits) ?? .max
    }
}

extension CommitObject {
    /// An `author` or `committer` line, parsed like git's `split_ident_line`.
    private struct Person {
        let name: ArraySlice<UInt8>
        let mail: ArraySlice<UInt8>
        private(set) var time: Date?
        private(set) var offset = 0

        /// The longest name or address that is kept, in bytes.
        private static let longest = 1 << 10

        /// - Returns: nil if the line has no address in angle brackets.
        init?(_ line: ArraySlice<UInt8>) {
            guard let open = line.firstIndex(of: 0x3C), let close = line[open...].firstIndex(of: 0x3E),
                let last = line.lastIndex(of: 0x3E)
            else { return nil }
            let words = line[..<open].drop(while: isSpace)
            let end = words.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? words.startIndex
            name = words[..<end].prefix(Self.longest)
            mail = line[(open + 1)..<close].prefix(Self.longest)
            let digits = line[(last + 1)...].drop(while: isSpace).prefix(while: isDigit)
            let zone = line[digits.endIndex...].drop(while: isSpace)
            guard let seconds = number(digits), let sign = zone.first, sign == 0x2B || sign == 0x2D else { return }
            let zoneDigits = zone.dropFirst().prefix(while: isDigit)
            guard !zoneDigits.isEmpty else { return }
            time = Date(timeIntervalSince1970: TimeInterval(min(seconds, Signature.latest)))
            offset = (sign == 0x2D ? -1 : 1) * Self.minutes(number(zoneDigits) ?? 0)
        }

        /// Converts `hhmm` to minutes; 0 for an impossible time zone.
        private static func minutes(_ zone: Int64) -> Int {
            let (hours, minutes) = (zone / 100, zone % 100)
            return hours <= 14 && minutes < 60 ? Int(hours * 60 + minutes) : 0
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Returns nil without a digit, or for a number of more than 63 bits.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var number: Int64 = 0
        for digit in digits {
            let (product, hasOverflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int64(digit - 0x30))
            guard !hasOverflowed, !isTooLarge else { return nil }
            number = sum
        }
        return number
    }
}
