import JobFile
import Jobs
import TestSupport
import Testing

@Suite
struct MutationTests {
    private static let count = 20_000

    @Test
    func `whatever a file has become, it is read quickly, and has a job or an error`() {
        let seed = SeededGenerator.seed
        var mutation = Mutation(seed: seed)
        for number in 0..<Self.count {
            let bytes = number.isMultiple(of: 2) ? mutation.ofBytes() : mutation.ofValues()
            var reading: JobReading?
            let start = ThreadTime.now
            reading = JobFile.read(bytes, at: CaseFile.key)
            let time = ThreadTime.now - start
            let issues = reading?.issues ?? []
            #expect(
                (reading?.job == nil) == issues.contains { $0.severity == .error },
                "TEST_SEED=\(seed), file \(number)"
            )
            #expect(time < .seconds(1), "TEST_SEED=\(seed), file \(number)")
            #expect(
                issues.allSatisfy { $0.line > 0 && $0.column > 0 && !$0.message.isEmpty },
                "TEST_SEED=\(seed), file \(number)"
            )
        }
    }

    @Test
    func `what was read is read again as the same`() throws {
        let seed = SeededGenerator.seed
        var mutation = Mutation(seed: seed)
        for number in 0..<Self.count / 10 {
            guard let job = JobFile.read(mutation.ofValues(), at: CaseFile.key).job else { continue }
            let again = JobFile.read(Array(try canonicalText(job).utf8), at: CaseFile.key)
            #expect(again.issues.isEmpty, "TEST_SEED=\(seed), file \(number)")
            #expect(again.job == job, "TEST_SEED=\(seed), file \(number)")
            #expect(again.job?.digest == job.digest, "TEST_SEED=\(seed), file \(number)")
        }
    }
}

/// Makes other files of the case table's: some no JSON any more, some JSON with another value.
struct Mutation {
    var random: SeededGenerator
    private let files: [[UInt8]]
    /// Scalars of the whole table, with their quotes.
    private let scalars: [[UInt8]]

    private static let fragments = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "-", "1e9", "0", "\\ud83d", "\u{FEFF}", "😀", "//",
        "'", "\n", "{\"a\":",
    ].map { Array($0.utf8) }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        files = CaseFile.usable.map(\.bytes)
        scalars = Array(
            Set(
                CaseFile.all.filter { !$0.name.hasPrefix("syntax-") }.flatMap {
                    Self.scalars(of: $0.bytes).map(\.bytes)
                }
            )
        )
        .filter { $0.count < 200 }
        .sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// A file with some bytes changed.
    mutating func ofBytes() -> [UInt8] {
        var bytes = files.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 2: bytes[start] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes.insert(contentsOf: Self.fragments.randomElement(using: &random) ?? [], at: start)
            default: bytes = bytes[..<start] + (files.randomElement(using: &random) ?? []).suffix(bytes.count / 2)
            }
        }
        return bytes
    }

    /// A file with one or two of its keys and scalars exchanged for others of the table.
    mutating func ofValues() -> [UInt8] {
        var bytes = files.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            guard let place = Self.scalars(of: bytes).randomElement(using: &random),
                let other = scalars.randomElement(using: &random)
            else { continue }
            bytes.replaceSubrange(place.offset..<place.offset + place.bytes.count, with: other)
        }
        return bytes
    }

    /// The strings, numbers and words of a JSON text.
    private static func scalars(of bytes: [UInt8]) -> [(offset: Int, bytes: [UInt8])] {
        var result: [(offset: Int, bytes: [UInt8])] = []
        var position = 0
        while position < bytes.count {
            let start = position
            if bytes[position] == UInt8(ascii: "\"") {
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                position = min(position + 1, bytes.count)
            } else {
                while position < bytes.count, !" \t\r\n,:[]{}\"".utf8.contains(bytes[position]) {
                    position += 1
                }
            }
            if position > start {
                result.append((start, Array(bytes[start..<position])))
            } else {
                position += 1
            }
        }
        return result
    }
}
