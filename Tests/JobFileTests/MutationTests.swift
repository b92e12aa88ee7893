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
