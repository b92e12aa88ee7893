import JobFile
import Jobs
import Testing

@testable import CommandLine

@Suite
struct ExcerptTests {
    private static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")

    /// Each text has `hunter2` as the value of a variable, and at least one issue.
    @Test(arguments: [
        #"{"environment": {"A": "hunter2\q"}}"#, #"{"environment": {"API_TOKEN": "hunter2\q"}}"#,
        #"{"enviroment": "A=hunter2,C=d"}"#,
        #"{"Environment": {"A": "hunter2"}, "x": 1}"#, #"{"env": {"A": "hunter2"}}"#, #"{"envs": "A=hunter2"}"#,
        #"{"\u0065nvironment": {"A": "hunter2"}, "x": 1}"#, #"{"environ\u006dent": {"A": "hunter2"} "x": 1}"#,
        "{\"environment\": {\n  \"A\": \"hunter2\",\n  \"B\": 1}}", "{\"environment\": {\n  \"A\": \"x\n hunter2\"}}",
        #"{"environment": {"TOKEN": "a}","hunter2"}}"#, #"{"environment": {"A": "x"hunter2"}}"#,
        #"{"environment: {"A": "hunter2"}}"#,
        #"{environment: {"A": "hunter2"}}"#, #"{'environment': {'A': 'hunter2'}}"#,
        #"{"spec": {"environment": {"A": "hunter2", "A": 1}}}"#,
        #"{"spec": {"enviroment": "A=hunter2"}}"#, #"{"environment" {"A": "hunter2"}}"#,
        #"{"environment": ["A=hunter2"]}"#,
        #"{"environment": [{"name": "PASSWORD", "value": "hunter2"}]}"#, #"{"API_TOKEN": "hunter2"}"#,
        #"{"API\u005fTOKEN": "hunter2"}"#,
        #"{"dbPassword": "hunter2"}"#, "{\"enviroment\":\r\n\"A=hunter2,\r\n",
        #"{"evironment": {"A": "hunter2"} 1}"#, #"{"ENVIRONMENT": "A=hunter2" 1}"#,
        #"{"name": 1, "environment": {"A": "\u0068unter2"}}"#,
    ])
    func `no excerpt shows the value of a variable`(text: String) {
        let bytes = Array(text.utf8)
        let reading = JobFile.read(bytes, at: Self.key)
        #expect(reading.issues.contains { $0.severity == .error })
        let source = SourceText(bytes)
        for issue in reading.issues {
            let excerpt = SourceExcerpt(source, of: issue).text
            #expect(!excerpt.contains("unter2"), "\(excerpt)")
            #expect(excerpt.isEmpty || excerpt.contains("^"))
        }
    }

    @Test
    func `the text around the variables is shown, and the caret keeps its place`() throws {
        let text = #"{"nmae": 1, "environment": {"A": "é x"}, "bootfiel": "a.py"}"#
        let bytes = Array(text.utf8)
        let issues = JobFile.read(bytes, at: Self.key).issues
        let issue = try #require(issues.first { $0.pointer == "/bootfiel" })
        let lines = SourceExcerpt(SourceText(bytes), of: issue).text.split(separator: "\n")
        #expect(lines[0] == #"  1 | {"nmae": 1, "environment": ***** ** **** "bootfiel": "a.py"}"#)
        let caret = try #require(lines[1].firstIndex(of: "^"))
        let column = lines[1].distance(from: lines[1].startIndex, to: caret)
        #expect(lines[0].dropFirst(column).hasPrefix(#""bootfiel""#))
    }

    @Test
    func `an excerpt contains no command of a build system`() {
        let bytes = Array("{\"name\": \"##[error]x ##vso[y]\" 1}".utf8)
        for issue in JobFile.read(bytes, at: Self.key).issues {
            #expect(!SourceExcerpt(SourceText(bytes), of: issue).text.contains("##"))
        }
    }
}
