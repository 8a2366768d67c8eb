console.log("addon: later")
