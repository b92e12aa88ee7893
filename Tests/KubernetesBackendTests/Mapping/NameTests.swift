import Jobs
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite
struct NameTests {
    @Test(
        arguments: [
            ("mnist", "mnist"), ("2024-mnist", "j-2024-mnist"), ("j-2024-mnist", "j-j-2024-mnist"),
            ("j-mnist", "j-mnist"), ("j", "j"), ("0", "j-0"), ("j-j-0", "j-j-j-0"),
        ]
    )
    func `a name begins with a letter`(id: String, name: String) {
        #expect(ObjectName.of(id) == name)
    }

    @Test(arguments: sweep(200, full: 20_000))
    func `no two ids have one name, and every name fits`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var names: [String: String] = [:]
        for _ in 0..<50 {
            let alphabet = Array("j-01a")
            let length = Int.random(in: 1...47, using: &generator)
            var id = String((0..<min(length, 8)).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            id += String(repeating: "0", count: length - id.count)
            guard JobPath.labelFault(id, limit: JobPath.longestID) == nil else { continue }
            let name = ObjectName.of(id)
            #expect(name.first?.isLetter == true)
            #expect(JobPath.labelFault("\(name)-evaluator-999") == nil, "\(id)")
            #expect(names.updateValue(id, forKey: name) ?? id == id)
        }
    }

    @Test(
        arguments: [
            ("2048Mi", "2Gi"), ("1536Mi", "1536Mi"), ("64M", "64M"), ("1000M", "1G"), ("1e9", "1G"), ("0", "0"),
            ("1024Ki", "1Mi"),
        ]
    )
    func `memory is written as the API server keeps it`(written: String, kept: String) throws {
        #expect(Quantity.memory(try MemoryQuantity(written)) == kept)
    }

    @Test(arguments: [("1.000", "1"), ("0.5", "500m"), ("250m", "250m"), ("2", "2")])
    func `processor time is written as the API server keeps it`(written: String, kept: String) throws {
        #expect(Quantity.cpu(try CPUQuantity(written)) == kept)
    }

    @Test
    func `a template is filled in, or is no template`() {
        #expect(Template.fill("a-{x}-{y}", ["x": "1", "y": "2"]) == "a-1-2")
        #expect(Template.fill("plain", [:]) == "plain")
        #expect(Template.fill("{z}", ["x": "1"]) == nil)
        #expect(Template.fill("{x", ["x": "1"]) == nil)
        #expect(Template.fill("{x}", ["x": nil]) == nil)
    }
}
