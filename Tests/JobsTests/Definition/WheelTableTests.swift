import Jobs
import Testing

@Suite
struct WheelTableTests {
    @Test(arguments: [
        "Python_3.9+Tensorflow_2.5.0", "Python_3.9+Tensorflow_2.20.0", "Python_3.10+Tensorflow_2.8",
        "Python_3.11+Tensorflow_2.12.0", "Python_3.11+Tensorflow_2.21.0", "Python_3.12+Tensorflow_2.16",
        "Python_3.12+Tensorflow_2.16.1", "Python_3.13+Tensorflow_2.20.0", "Python_3.13+Tensorflow_2.21",
        // Newer than the table, older than it, or without TensorFlow.
        "Python_3.11+Tensorflow_2.22.0", "Python_3.14+Tensorflow_3.0", "Python_3.15+Tensorflow_2.21.0",
        "Python_2.7+Tensorflow_1.2.1", "Python_3.8+Tensorflow_2.21.0", "Python_3.14",
    ])
    func `a pair that has a wheel, or may have one, is no issue`(text: String) throws {
        #expect(WheelTable.warning(about: try #require(Runtime(text))) == nil)
    }

    @Test(arguments: [
        ("Python_3.12+Tensorflow_2.10.0", ["Python_3.10+Tensorflow_2.10.0", "Python_3.12+Tensorflow_2.16.1"]),
        ("Python_3.12+Tensorflow_2.16.0", ["Python_3.11+Tensorflow_2.16.0", "Python_3.12+Tensorflow_2.16.1"]),
        ("Python_3.9+Tensorflow_2.21.0", ["Python_3.10+Tensorflow_2.21.0", "Python_3.9+Tensorflow_2.20"]),
        ("Python_3.14+Tensorflow_2.21.0", ["Python_3.13+Tensorflow_2.21.0"]),
        ("Python_3.13+Tensorflow_2.19", ["Python_3.12+Tensorflow_2.19", "Python_3.13+Tensorflow_2.20.0"]),
        ("Python_3.9+Tensorflow_1.15.5", ["Python_3.9+Tensorflow_2.5.0"]),
        ("Python_3.14+Tensorflow_1.15.5", []),
    ])
    func `a pair without a wheel comes with the nearest pairs`(text: String, pairs: [String]) throws {
        let runtime = try #require(Runtime(text))
        let warning = try #require(WheelTable.warning(about: runtime))
        let start =
            "TensorFlow \(runtime.tensorflow ?? "") has no wheel for Python \(runtime.python), so pip can't install it"
        let expected = pairs.isEmpty ? start : "\(start): the nearest pairs are \(pairs.joined(separator: " and "))"
        #expect(warning == expected)
    }
}
