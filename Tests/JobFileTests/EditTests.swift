import Foundation
import JobFile
import Jobs
import Testing

@Suite
struct EditTests {
    private static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")

    /// What `…` stands for in the texts: the members that every job has.
    private static let members = #""runtime": "Python_3.11", "bootfile": "train.py", "cpu": "1", "memory": "1Gi""#

    private func apply(_ edit: JobFileEdit, _ text: String) -> JobFileEdit.Outcome {
        edit.apply(to: Array(text.replacing("…", with: Self.members).utf8), at: Self.key)
    }

    private func edited(_ text: String) -> JobFileEdit.Outcome {
        .edited(Array(text.replacing("…", with: Self.members).utf8))
    }

    @Test(arguments: [
        ("{\n  …,\n  \"priority\": 1\n}\n", "{\n  …,\n  \"priority\": 1,\n  \"rerun\": 1\n}\n"),
        ("{\n\t…,\n\t\"priority\": 1\n}", "{\n\t…,\n\t\"priority\": 1,\n\t\"rerun\": 1\n}"),
        ("{\r\n  …,\r\n  \"priority\":1}\r\n", "{\r\n  …,\r\n  \"priority\":1,\r\n  \"rerun\":1}\r\n"),
        ("{\n\n  …,\n\n  \"args\": [\"a\"\n]\n\n}", "{\n\n  …,\n\n  \"args\": [\"a\"\n],\n  \"rerun\": 1\n\n}"),
        ("{…, \"priority\" : 1}", "{…, \"priority\" : 1, \"rerun\" : 1}"),
        ("{…,\"priority\":1}", "{…,\"priority\":1,\"rerun\":1}"),
        ("{…,\"priority\"\n:\n1 }", "{…,\"priority\"\n:\n1,\"rerun\": 1 }"),
        (" {\n  \"rerun\": 4,\n  …\n}\n", " {\n  \"rerun\": 5,\n  …\n}\n"),
        ("{\"rerun\" :\t\"9\" , …}", "{\"rerun\" :\t\"10\" , …}"),
        ("{\"rer\\u0075n\":0, …}", "{\"rer\\u0075n\":1, …}"),
        ("{\"spec\": {…}, \"status\": {\"rerun\": 7}}", "{\"spec\": {…, \"rerun\": 1}, \"status\": {\"rerun\": 7}}"),
    ])
    func `a rerun adds one and changes no other byte`(before: String, after: String) {
        #expect(apply(.rerun, before) == edited(after))
    }

    @Test(arguments: [
        ("{\n  …\n}\n", true, "{\n  …, \"runPolicy\": {\"suspend\": true}\n}\n"),
        ("{…, \"runPolicy\": {}}", true, "{…, \"runPolicy\": {\"suspend\": true}}"),
        ("{…, \"runPolicy\": { }}", true, "{…, \"runPolicy\": {\"suspend\": true }}"),
        (
            "{\n  \"runPolicy\": {\n    \"backoffLimit\": 1\n  },\n  …\n}", true,
            "{\n  \"runPolicy\": {\n    \"backoffLimit\": 1,\n    \"suspend\": true\n  },\n  …\n}"
        ),
        (
            "{\"runPolicy\": {\"backoffLimit\": 1}, …}", true,
            "{\"runPolicy\": {\"backoffLimit\": 1, \"suspend\": true}, …}"
        ),
        ("{\"runPolicy\":{\"backoffLimit\":1}, …}", true, "{\"runPolicy\":{\"backoffLimit\":1,\"suspend\":true}, …}"),
        ("{\"runPolicy\": {\"suspend\": false}, …}", true, "{\"runPolicy\": {\"suspend\": true}, …}"),
        ("{\"runPolicy\": {\"suspend\":  true }, …}", false, "{\"runPolicy\": {\"suspend\":  false }, …}"),
    ])
    func `suspend changes one value and no other byte`(before: String, value: Bool, after: String) {
        #expect(apply(.suspend(value), before) == edited(after))
    }

    @Test(arguments: [("{…}", false), ("{…, \"runPolicy\": {\"suspend\": true}}", true)])
    func `a job that is so already is not changed`(text: String, value: Bool) {
        #expect(apply(.suspend(value), text) == .unchanged)
    }

    @Test(arguments: [
        ("{…", "1:"), ("{…, \"rerun\": -1}", "/rerun"), ("{…, \"rerun\": 2147483647}", "/rerun"),
        ("{…, \"bootfil\": 1}", "/bootfil"),
    ])
    func `a file that can't be used is refused with its issues`(text: String, place: String) throws {
        guard case .unusable(let issues) = apply(.rerun, text) else {
            Testing.Issue.record("it is edited")
            return
        }
        #expect(issues.contains { $0.severity == .error && ("\($0)".contains(place)) })
    }

    @Test
    func `every valid case of the table can be edited, and is the same job but for the edit`() throws {
        for file in CaseFile.all where file.name.hasPrefix("valid-") || file.name.hasPrefix("lenient-") {
            let job = try #require(file.reading.job)
            guard case .edited(let bytes) = JobFileEdit.rerun.apply(to: file.bytes, at: CaseFile.key) else {
                Testing.Issue.record("\(file.name) is not edited")
                continue
            }
            var expected = job
            expected.rerun = job.effectiveRerun + 1
            #expect(JobFile.read(bytes, at: CaseFile.key).job == expected, "\(file.name)")
        }
    }
}

@Suite
struct TypingErrorTests {
    private static let complete = [
        "runtime": "\"Python_3.11\"", "bootfile": "\"train.py\"",
        "replicas": #"[{"type": "worker", "resource": {"cpu": "1", "memory": "1Gi"}}]"#,
    ]
    private static let short = [
        "runtime": "\"Python_3.11\"", "module": "\"trainer\"", "cpu": "1", "memory": "\"1Gi\"",
    ]

    private func errors(_ text: String) -> [String] {
        let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")
        return JobFile.read(Array(text.utf8), at: key).issues.filter { $0.severity == .error }.map(\.message)
    }

    private func object(_ members: [String: String]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
    }

    @Test(arguments: [
        ("runtime", "runtme"), ("bootfile", "bootfil"), ("bootfile", "bootFile"), ("replicas", "repicas"),
        ("replicas", "replica"), ("module", "modul"), ("cpu", "cpus"), ("memory", "memry"),
    ])
    func `a misspelt key is one error, and is not missing too`(name: String, typo: String) throws {
        var members = Self.complete[name] == nil ? Self.short : Self.complete
        members[typo] = members.removeValue(forKey: name)
        let found = errors(object(members))
        #expect(found.count == 1)
        #expect(try #require(found.first).hasSuffix("did you mean \"\(name)\"?"))
    }

    @Test(arguments: [
        // In the objects of the job.
        #"{"runtime": "Python_3.11", "bootfile": "a.py", "replicas": [{"tpye": "worker", "resource": {"cpu": 1, "memory": "1Gi"}}]}"#,
        #"{"runtime": "Python_3.11", "bootfile": "a.py", "replicas": [{"type": "worker", "resorce": {"cpu": 1, "memory": "1Gi"}}]}"#,
        #"{"runtime": "Python_3.11", "bootfile": "a.py", "replicas": [{"type": "worker", "resource": {"cpu": 1, "memry": "1Gi"}}]}"#,
        // In the form of the service.
        #"{"metadata": {}, "spce": {"runtime": "Python_3.11", "bootfile": "a.py", "cpu": 1, "memory": "1Gi"}}"#,
        // In the wrong object.
        #"{"runtime": "Python_3.11", "cpu": 1, "memory": "1Gi", "runPolicy": {"bootfile": "a.py"}}"#,
        #"{"runtime": "Python_3.11", "bootfile": "a.py", "type": "worker", "resource": {"cpu": 1, "memory": "1Gi"}}"#,
    ])
    func `a key that is misspelt or in the wrong object is one error`(text: String) {
        #expect(errors(text).count == 1)
    }

    @Test
    func `cpu and memory in a replica group belong in its resource`() {
        let text =
            #"{"runtime": "Python_3.11", "bootfile": "a.py", "replicas": [{"type": "worker", "cpu": 1, "memory": "1Gi"}]}"#
        #expect(
            errors(text)
                == ["cpu", "memory"].map {
                    "the key \"\($0)\" is not known in a replica group: it belongs in \"resource\""
                }
        )
    }

    @Test
    func `a misspelt key hides no other missing one`() {
        #expect(errors(#"{"runtme": "Python_3.11", "cpu": 1, "memory": "1Gi"}"#).count == 2)
    }
}
